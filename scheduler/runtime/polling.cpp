// Waiting for one of several descriptors (outside_calls.hpp).
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "scheduler/runtime/outside_calls.hpp"

namespace interleave::engine {
namespace {

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

}  // extern "C"

#pragma GCC visibility pop
