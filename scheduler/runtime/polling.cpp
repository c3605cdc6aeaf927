// Waiting for one of several descriptors (outside_calls.hpp).
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "scheduler/runtime/outside_calls.hpp"

namespace interleave::engine {
namespace {

// What a call says of descriptors is written by the kernel. Each of these is told of it before and after the call.
class Polled {
 public:
  Polled(pollfd* list, nfds_t n) : list_(list), n_(list != nullptr ? n : 0) {
    for (nfds_t i = 0; i < n_; ++i) about_to_fill(&list_[i].revents, sizeof list_[i].revents);
  }
  void filled(int result) const {
    for (nfds_t i = 0; i < n_ && result >= 0; ++i) wrote(&list_[i].revents, sizeof list_[i].revents);
  }

 private:
  pollfd* list_;
  nfds_t n_;
};

// Sets of which the kernel writes whole words.
class Selected {
 public:
  Selected(int n, fd_set* r, fd_set* w, fd_set* e) : sets_{r, w, e}, size_(n <= 0 ? 0 : static_cast<std::size_t>((n + NFDBITS - 1) / NFDBITS) * sizeof(fd_mask)) {
    for (fd_set* set : sets_) about_to_fill(set, size_);
  }
  void filled(int result) const {
    for (const fd_set* set : sets_)
      if (result >= 0) wrote(set, size_);
  }

 private:
  fd_set* sets_[3];
  std::size_t size_;
};

constexpr timespec now{0, 0};
bool waits_for(const timespec* time) { return time == nullptr || time->tv_sec != 0 || time->tv_nsec != 0; }

// The program's call may come through either of two doors.
int poll_for(pollfd* list, nfds_t n, int milliseconds, const void* caller = __builtin_return_address(0)) {
  if (!modelled()) return REAL(poll)(list, n, milliseconds);
  const Polled polled(list, n);
  const int result = attempted("poll", some_descriptor, [&] { return REAL(poll)(list, n, 0); },
                               [&](int events) { return events == 0 && milliseconds != 0; }, caller);
  polled.filled(result);
  return result;
}

int ppoll_for(pollfd* list, nfds_t n, const timespec* time, const sigset_t* mask, const void* caller = __builtin_return_address(0)) {
  if (!modelled()) return REAL(ppoll)(list, n, time, mask);
  const Polled polled(list, n);
  const int result = attempted("ppoll", some_descriptor, [&] { return REAL(ppoll)(list, n, &now, mask); },
                               [&](int events) { return events == 0 && waits_for(time); }, caller);
  polled.filled(result);
  return result;
}

// `attempt`: the real function, which does not wait, with room for `n` events.
template <class Attempt>
int epoll_for(const char* name, epoll_event* events, int n, int milliseconds, Attempt attempt, const void* caller) {
  if (n > 0) about_to_fill(events, static_cast<std::size_t>(n) * sizeof *events);
  const int result = attempted(name, some_descriptor, attempt, [&](int ready) { return ready == 0 && milliseconds != 0; }, caller);
  if (result > 0) wrote(events, static_cast<std::size_t>(result) * sizeof *events);
  return result;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int poll(pollfd* list, nfds_t n, int milliseconds) { return poll_for(list, n, milliseconds); }
int __poll_chk(pollfd* list, nfds_t n, int milliseconds, std::size_t) { return poll_for(list, n, milliseconds); }
int ppoll(pollfd* list, nfds_t n, const timespec* time, const sigset_t* mask) { return ppoll_for(list, n, time, mask); }
int __ppoll_chk(pollfd* list, nfds_t n, const timespec* time, const sigset_t* mask, std::size_t) { return ppoll_for(list, n, time, mask); }

int select(int n, fd_set* r, fd_set* w, fd_set* e, timeval* time) {
  if (!modelled()) return REAL(select)(n, r, w, e, time);
  timeval at_once{0, 0};
  const bool waits = time == nullptr || time->tv_sec != 0 || time->tv_usec != 0;
  const Selected selected(n, r, w, e);
  const int result = attempted("select", some_descriptor, [&] { return REAL(select)(n, r, w, e, &at_once); }, [=](int ready) { return ready == 0 && waits; });
  selected.filled(result);
  return result;
}
int pselect(int n, fd_set* r, fd_set* w, fd_set* e, const timespec* time, const sigset_t* mask) {
  if (!modelled()) return REAL(pselect)(n, r, w, e, time, mask);
  const Selected selected(n, r, w, e);
  const int result = attempted("pselect", some_descriptor, [&] { return REAL(pselect)(n, r, w, e, &now, mask); },
                               [&](int ready) { return ready == 0 && waits_for(time); });
  selected.filled(result);
  return result;
}
int epoll_wait(int d, epoll_event* events, int n, int milliseconds) {
  if (!modelled()) return REAL(epoll_wait)(d, events, n, milliseconds);
  return epoll_for("epoll_wait", events, n, milliseconds, [&] { return REAL(epoll_wait)(d, events, n, 0); }, __builtin_return_address(0));
}
int epoll_pwait(int d, epoll_event* events, int n, int milliseconds, const sigset_t* mask) {
  if (!modelled()) return REAL(epoll_pwait)(d, events, n, milliseconds, mask);
  return epoll_for("epoll_pwait", events, n, milliseconds, [&] { return REAL(epoll_pwait)(d, events, n, 0, mask); }, __builtin_return_address(0));
}

}  // extern "C"

#pragma GCC visibility pop
