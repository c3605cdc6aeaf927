// Calls that may wait for the world outside: descriptors, child processes, file locks, queues of other processes.
//
// The model runs every thread on one OS thread and no real time passes in it, so a call that would wait stops the whole
// exploration for as long as the world likes. Each of these doors first asks, without waiting, whether the call would: if not
// (a file, a terminal that is written to, data that is there, a descriptor that does not block), the real function runs; if so,
// the execution ends as `unsupported`, with the name and the place of the call.
//
// What precompiled code waits in below these functions (getchar, say) is found by the watchdog instead.
//
// Through a pipe, a socket or an eventfd threads hand each other what no memory shows, and whether a call would wait depends on what the others
// have done. So each such call of the program's is a step, and all of them are on one object: which descriptors lead to the same pipe, only
// the kernel knows. Files, terminals and what the program prints are left out: they keep nobody waiting.
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>

#include <fmt/format.h>

#include "scheduler/runtime/door.hpp"
#include "scheduler/runtime/kernel_files.hpp"

namespace interleave::engine {
namespace {

bool modelled() { return mode == Mode::modelled; }

[[noreturn]] void would_wait(const char* name, const char* what) {
  unsupported(name, fmt::format("it would wait for {}, which no modelled thread can bring about", what).c_str());
}

const char* noun_of(const struct stat& status, int descriptor) {
  if (S_ISSOCK(status.st_mode)) return "a socket";
  if (S_ISFIFO(status.st_mode)) return "a pipe";
  return isatty(descriptor) != 0 ? "a terminal" : "a descriptor";
}

const char kernel_objects = 0;
const OperationType use_type{.name = "system call", .access = Access::write, .noun = "kernel"};

// Until there is a second thread nobody can come between. And a library that we cannot see into may hold a lock of its own.
void step_in_kernel(const void* caller) {
  const Model model;
  if (!model || model->threads_created() == 1 || !is_program(caller)) return;
  const int error = errno;
  model->step({.type = &use_type, .object = &kernel_objects});
  memory->beyond();
  errno = error;
}

void step_at(int descriptor, const void* caller) {
  if (!modelled()) return;
  const int error = errno;
  struct stat status {};
  const bool prints = descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO;
  const bool channel = !prints && fstat(descriptor, &status) == 0 &&
                       (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || (status.st_mode & S_IFMT) == 0);  // the last: an eventfd and its kin
  errno = error;
  if (channel) step_in_kernel(caller);
}

// Returns if `name` can go on with the descriptor at once, be it with an error. `caller`: whom the door returns to.
void ready(const char* name, int descriptor, short events, const void* caller = __builtin_return_address(0)) {
  step_at(descriptor, caller);
  const Model model;
  if (!model) return;
  const int error = errno;
  struct stat status {};
  pollfd asked{descriptor, events, 0};
  const bool output = events == POLLOUT;
  const bool fine = fstat(descriptor, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode) ||
                    (output && (S_ISCHR(status.st_mode) || descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO)) ||
                    REAL(poll)(&asked, 1, 0) != 0 || (fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0;
  errno = error;
  if (!fine) would_wait(name, noun_of(status, descriptor));
}

void ready_unless(bool not_waiting, const char* name, int descriptor, short events, const void* caller = __builtin_return_address(0)) {
  if (not_waiting) return step_at(descriptor, caller);
  ready(name, descriptor, events, caller);
}

// The bytes at `p` are about to be written by the C library, which tells nobody.
void about_to_fill(void* p, std::size_t size) {
  if (modelled() && p != nullptr) memory->note_write(p, size);
}
void about_to_fill(const iovec* parts, int count) {
  for (int i = 0; i < count; ++i) about_to_fill(parts[i].iov_base, parts[i].iov_len);
}
// A call has written these bytes. `p` may be null.
void wrote(const void* p, std::size_t size) {
  if (modelled() && p != nullptr && size > 0) shown(p, size, true);
}
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
// `size`: what a call that was given `room` bytes at `p` has returned, which is more than `room` with MSG_TRUNC.
ssize_t filled(int descriptor, void* p, std::size_t room, ssize_t size) {
  if (!modelled() || size <= 0) return size;
  const std::size_t written = std::min(room, static_cast<std::size_t>(size));
  wrote(p, written);
  const Model model;
  if (uses_kernel_file(descriptor) == KernelFile::random_numbers) give_random_bytes(p, written);
  return size;
}
ssize_t filled(int descriptor, const iovec* parts, int count, ssize_t size) {
  ssize_t left = size;
  for (int i = 0; i < count && left > 0; left -= static_cast<ssize_t>(parts[i++].iov_len)) filled(descriptor, parts[i].iov_base, parts[i].iov_len, left);
  return size;
}

// What `attempt` returns, unless it says that the call would have waited.
template <class Attempt, class Waits>
auto attempted(const char* name, const char* what, Attempt attempt, Waits waits, const void* caller = __builtin_return_address(0)) {
  step_in_kernel(caller);
  const Model model;
  const auto result = attempt();
  if (waits(result)) would_wait(name, what);
  return result;
}

constexpr const char* some_descriptor = "one of its descriptors";
constexpr const char* some_child = "a child process";
constexpr const char* other_process = "another process";

// The program's call may come through either of two doors.
int poll_for(pollfd* list, nfds_t n, int milliseconds, const void* caller = __builtin_return_address(0)) {
  if (!modelled()) return REAL(poll)(list, n, milliseconds);
  return attempted("poll", some_descriptor, [&] { return REAL(poll)(list, n, 0); },
                   [&](int result) { return result == 0 && milliseconds != 0; }, caller);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

// ---- reading and writing ----------------------------------------------------------------------------------------------

ssize_t read(int d, void* p, std::size_t n) {
  ready("read", d, POLLIN);
  about_to_fill(p, n);
  return filled(d, p, n, REAL(read)(d, p, n));
}
ssize_t __read_chk(int d, void* p, std::size_t n, std::size_t room) {
  ready("read", d, POLLIN);
  about_to_fill(p, n);
  static auto* const real = reinterpret_cast<decltype(&__read_chk)>(next_definition("__read_chk"));
  return filled(d, p, n, real(d, p, n, room));
}
ssize_t readv(int d, const iovec* v, int n) {
  ready("readv", d, POLLIN);
  about_to_fill(v, n);
  return filled(d, v, n, REAL(readv)(d, v, n));
}
ssize_t write(int d, const void* p, std::size_t n) {
  ready("write", d, POLLOUT);
  static auto* const real = reinterpret_cast<ssize_t (*)(int, const void*, std::size_t)>(next_definition("write"));
  return real(d, p, n);
}
ssize_t writev(int d, const iovec* v, int n) {
  ready("writev", d, POLLOUT);
  return REAL(writev)(d, v, n);
}
int eventfd_read(int d, eventfd_t* value) {
  ready("eventfd_read", d, POLLIN);
  about_to_fill(value, sizeof *value);
  const int result = REAL(eventfd_read)(d, value);
  if (result == 0) wrote(value, sizeof *value);
  return result;
}
int eventfd_write(int d, eventfd_t value) {
  ready("eventfd_write", d, POLLOUT);
  return REAL(eventfd_write)(d, value);
}

// ---- sockets ----------------------------------------------------------------------------------------------------------

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

// ---- waiting for descriptors ------------------------------------------------------------------------------------------

int poll(pollfd* list, nfds_t n, int milliseconds) { return poll_for(list, n, milliseconds); }
int __poll_chk(pollfd* list, nfds_t n, int milliseconds, std::size_t) { return poll_for(list, n, milliseconds); }

int ppoll(pollfd* list, nfds_t n, const timespec* time, const sigset_t* mask) {
  if (!modelled()) return REAL(ppoll)(list, n, time, mask);
  constexpr timespec now{0, 0};
  const bool waits = time == nullptr || time->tv_sec != 0 || time->tv_nsec != 0;
  return attempted("ppoll", some_descriptor, [&] { return REAL(ppoll)(list, n, &now, mask); }, [=](int result) { return result == 0 && waits; });
}
int __ppoll_chk(pollfd* list, nfds_t n, const timespec* time, const sigset_t* mask, std::size_t) { return ppoll(list, n, time, mask); }
int select(int n, fd_set* r, fd_set* w, fd_set* e, timeval* time) {
  if (!modelled()) return REAL(select)(n, r, w, e, time);
  timeval now{0, 0};
  const bool waits = time == nullptr || time->tv_sec != 0 || time->tv_usec != 0;
  return attempted("select", some_descriptor, [&] { return REAL(select)(n, r, w, e, &now); }, [=](int result) { return result == 0 && waits; });
}
int pselect(int n, fd_set* r, fd_set* w, fd_set* e, const timespec* time, const sigset_t* mask) {
  if (!modelled()) return REAL(pselect)(n, r, w, e, time, mask);
  constexpr timespec now{0, 0};
  const bool waits = time == nullptr || time->tv_sec != 0 || time->tv_nsec != 0;
  return attempted("pselect", some_descriptor, [&] { return REAL(pselect)(n, r, w, e, &now, mask); }, [=](int result) { return result == 0 && waits; });
}
int epoll_wait(int d, epoll_event* events, int n, int milliseconds) {
  if (!modelled()) return REAL(epoll_wait)(d, events, n, milliseconds);
  return attempted("epoll_wait", some_descriptor, [&] { return REAL(epoll_wait)(d, events, n, 0); },
                   [&](int result) { return result == 0 && milliseconds != 0; });
}
int epoll_pwait(int d, epoll_event* events, int n, int milliseconds, const sigset_t* mask) {
  if (!modelled()) return REAL(epoll_pwait)(d, events, n, milliseconds, mask);
  return attempted("epoll_pwait", some_descriptor, [&] { return REAL(epoll_pwait)(d, events, n, 0, mask); },
                   [&](int result) { return result == 0 && milliseconds != 0; });
}

// ---- child processes --------------------------------------------------------------------------------------------------

pid_t waitpid(pid_t p, int* status, int options) {
  if (!modelled()) return REAL(waitpid)(p, status, options);
  return attempted("waitpid", some_child, [&] { return REAL(waitpid)(p, status, options | WNOHANG); },
                   [&](pid_t result) { return result == 0 && (options & WNOHANG) == 0; });
}
pid_t wait(int* status) {
  if (!modelled()) return REAL(wait)(status);
  return attempted("wait", some_child, [&] { return REAL(waitpid)(-1, status, WNOHANG); }, [](pid_t result) { return result == 0; });
}
pid_t wait3(int* status, int options, rusage* usage) {
  if (!modelled()) return REAL(wait3)(status, options, usage);
  return attempted("wait3", some_child, [&] { return REAL(wait3)(status, options | WNOHANG, usage); },
                   [&](pid_t result) { return result == 0 && (options & WNOHANG) == 0; });
}
pid_t wait4(pid_t p, int* status, int options, rusage* usage) {
  if (!modelled()) return REAL(wait4)(p, status, options, usage);
  return attempted("wait4", some_child, [&] { return REAL(wait4)(p, status, options | WNOHANG, usage); },
                   [&](pid_t result) { return result == 0 && (options & WNOHANG) == 0; });
}
int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  if (!modelled()) return REAL(waitid)(type, id, info, options);
  siginfo_t child{};
  const int result = attempted("waitid", some_child, [&] { return REAL(waitid)(type, id, &child, options | WNOHANG); },
                               [&](int r) { return r == 0 && child.si_pid == 0 && (options & WNOHANG) == 0; });
  if (info != nullptr) {
    about_to_fill(info, sizeof *info);
    *info = child;
  }
  return result;
}

// ---- file locks -------------------------------------------------------------------------------------------------------

int flock(int d, int operation) noexcept {
  if (!modelled() || (operation & LOCK_NB) != 0) return REAL(flock)(d, operation);
  return attempted("flock", other_process, [&] { return REAL(flock)(d, operation | LOCK_NB); },
                   [](int result) { return result != 0 && errno == EWOULDBLOCK; });
}
int lockf(int d, int command, off_t length) {
  if (!modelled() || command != F_LOCK) return REAL(lockf)(d, command, length);
  return attempted("lockf", other_process, [&] { return REAL(lockf)(d, F_TLOCK, length); },
                   [](int result) { return result != 0 && (errno == EACCES || errno == EAGAIN); });
}

static int fcntl_attempted(decltype(&fcntl) real, int d, int command, void* argument) {
  const bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
  if (!modelled() || !waits) return real(d, command, argument);
  return attempted("fcntl", other_process, [&] { return real(d, command == F_SETLKW ? F_SETLK : F_OFD_SETLK, argument); },
                   [](int result) { return result != 0 && (errno == EACCES || errno == EAGAIN); });
}

int fcntl(int d, int command, ...) {
  va_list list;
  va_start(list, command);
  void* argument = va_arg(list, void*);
  va_end(list);
  return fcntl_attempted(REAL(fcntl), d, command, argument);
}
int fcntl64(int d, int command, ...) {
  va_list list;
  va_start(list, command);
  void* argument = va_arg(list, void*);
  va_end(list);
  return fcntl_attempted(REAL(fcntl64), d, command, argument);
}

// ---- queues and semaphores between processes --------------------------------------------------------------------------

ssize_t msgrcv(int queue, void* p, std::size_t n, long type, int flags) {
  if (!modelled() || (flags & IPC_NOWAIT) != 0) return REAL(msgrcv)(queue, p, n, type, flags);
  about_to_fill(p, n + sizeof(long));
  const ssize_t size = attempted("msgrcv", other_process, [&] { return REAL(msgrcv)(queue, p, n, type, flags | IPC_NOWAIT); },
                                 [](ssize_t result) { return result < 0 && errno == ENOMSG; });
  if (size >= 0) wrote(p, static_cast<std::size_t>(size) + sizeof(long));
  return size;
}
int msgsnd(int queue, const void* p, std::size_t n, int flags) {
  if (!modelled() || (flags & IPC_NOWAIT) != 0) return REAL(msgsnd)(queue, p, n, flags);
  return attempted("msgsnd", other_process, [&] { return REAL(msgsnd)(queue, p, n, flags | IPC_NOWAIT); },
                   [](int result) { return result < 0 && errno == EAGAIN; });
}
int semtimedop(int set, sembuf* operations, std::size_t n, const timespec* time) noexcept {
  if (!modelled()) return REAL(semtimedop)(set, operations, n, time);
  constexpr timespec now{0, 0};
  return attempted("semtimedop", other_process, [&] { return REAL(semtimedop)(set, operations, n, &now); },
                   [](int result) { return result < 0 && errno == EAGAIN; });
}
int semop(int set, sembuf* operations, std::size_t n) noexcept {
  if (!modelled()) return REAL(semop)(set, operations, n);
  constexpr timespec now{0, 0};
  return attempted("semop", other_process, [&] { return REAL(semtimedop)(set, operations, n, &now); },
                   [](int result) { return result < 0 && errno == EAGAIN; });
}
ssize_t mq_receive(mqd_t queue, char* p, std::size_t n, unsigned* priority) {
  ready("mq_receive", queue, POLLIN);
  about_to_fill(p, n);
  about_to_fill(priority, sizeof *priority);
  const ssize_t size = REAL(mq_receive)(queue, p, n, priority);
  if (size < 0) return size;
  wrote(p, static_cast<std::size_t>(size));
  wrote(priority, sizeof *priority);
  return size;
}
int mq_send(mqd_t queue, const char* p, std::size_t n, unsigned priority) {
  ready("mq_send", queue, POLLOUT);
  return REAL(mq_send)(queue, p, n, priority);
}

}  // extern "C"

#pragma GCC visibility pop
