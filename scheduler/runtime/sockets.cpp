// Sockets (outside_calls.hpp).
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "scheduler/runtime/outside_calls.hpp"

namespace interleave::engine {
namespace {

// The address of whoever is at the other end, and its length, as a call may write them. Either may be null. The length that the call leaves is
// that of the whole address, of which no more is written than there is room for.
class PeerAddress {
 public:
  PeerAddress(void* address, socklen_t* length) : address_(address), length_(length), room_(address != nullptr && length != nullptr ? *length : 0) {
    about_to_fill(address, room_);
    about_to_fill(length, sizeof *length);
  }
  void filled() const {
    if (address_ == nullptr || length_ == nullptr) return;
    wrote(address_, std::min(room_, *length_));
    wrote(length_, sizeof *length_);
  }

 private:
  void* address_;
  socklen_t* length_;
  socklen_t room_;
};

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

ssize_t recv(int d, void* p, std::size_t n, int flags) {
  ready_unless(flags & MSG_DONTWAIT, "recv", d, POLLIN);
  about_to_fill(p, n);
  return filled(d, p, n, REAL(recv)(d, p, n, flags));
}
ssize_t __recv_chk(int d, void* p, std::size_t n, std::size_t room, int flags) {
  ready_unless(flags & MSG_DONTWAIT, "recv", d, POLLIN);
  about_to_fill(p, n);
  static auto* const real = reinterpret_cast<decltype(&__recv_chk)>(next_definition("__recv_chk"));
  return filled(d, p, n, real(d, p, n, room, flags));
}
ssize_t recvfrom(int d, void* p, std::size_t n, int flags, sockaddr* from, socklen_t* length) {
  ready_unless(flags & MSG_DONTWAIT, "recvfrom", d, POLLIN);
  about_to_fill(p, n);
  const PeerAddress peer(from, length);
  const ssize_t size = REAL(recvfrom)(d, p, n, flags, from, length);
  if (size >= 0) peer.filled();
  return filled(d, p, n, size);
}
ssize_t __recvfrom_chk(int d, void* p, std::size_t n, std::size_t room, int flags, sockaddr* from, socklen_t* length) {
  ready_unless(flags & MSG_DONTWAIT, "recvfrom", d, POLLIN);
  about_to_fill(p, n);
  static auto* const real = reinterpret_cast<decltype(&__recvfrom_chk)>(next_definition("__recvfrom_chk"));
  const PeerAddress peer(from, length);
  const ssize_t size = real(d, p, n, room, flags, from, length);
  if (size >= 0) peer.filled();
  return filled(d, p, n, size);
}
ssize_t recvmsg(int d, msghdr* m, int flags) {
  ready_unless(flags & MSG_DONTWAIT, "recvmsg", d, POLLIN);
  if (m == nullptr) return REAL(recvmsg)(d, m, flags);
  const auto parts = static_cast<int>(m->msg_iovlen);
  about_to_fill(m->msg_iov, parts);
  about_to_fill(m->msg_control, m->msg_controllen);
  about_to_fill(m, sizeof *m);
  const PeerAddress peer(m->msg_name, &m->msg_namelen);
  const ssize_t size = REAL(recvmsg)(d, m, flags);
  if (size < 0) return size;
  peer.filled();
  wrote(m->msg_control, m->msg_controllen);
  wrote(&m->msg_controllen, sizeof m->msg_controllen);
  wrote(&m->msg_flags, sizeof m->msg_flags);
  return filled(d, m->msg_iov, parts, size);
}
ssize_t send(int d, const void* p, std::size_t n, int flags) {
  ready_unless(flags & MSG_DONTWAIT, "send", d, POLLOUT);
  return REAL(send)(d, p, n, flags);
}
ssize_t sendto(int d, const void* p, std::size_t n, int flags, const sockaddr* to, socklen_t length) {
  ready_unless(flags & MSG_DONTWAIT, "sendto", d, POLLOUT);
  return REAL(sendto)(d, p, n, flags, to, length);
}
ssize_t sendmsg(int d, const msghdr* m, int flags) {
  ready_unless(flags & MSG_DONTWAIT, "sendmsg", d, POLLOUT);
  return REAL(sendmsg)(d, m, flags);
}
int accept(int d, sockaddr* from, socklen_t* length) {
  ready("accept", d, POLLIN);
  const PeerAddress peer(from, length);
  const int result = REAL(accept)(d, from, length);
  if (result >= 0) peer.filled();
  return result;
}
int accept4(int d, sockaddr* from, socklen_t* length, int flags) {
  ready("accept4", d, POLLIN);
  const PeerAddress peer(from, length);
  const int result = REAL(accept4)(d, from, length, flags);
  if (result >= 0) peer.filled();
  return result;
}
// Whether somebody listens cannot be asked beforehand; only a stream waits for an answer.
int connect(int d, const sockaddr* to, socklen_t length) {
  {
    const Model model;
    int type = 0;
    socklen_t size = sizeof type;
    if (model && getsockopt(d, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type != SOCK_DGRAM && (fcntl(d, F_GETFL) & O_NONBLOCK) == 0)
      would_wait("connect", "a socket");
  }
  return REAL(connect)(d, to, length);
}

}  // extern "C"

#pragma GCC visibility pop
