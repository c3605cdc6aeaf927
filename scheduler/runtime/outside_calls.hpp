// What the doors of calls share that may wait for the world outside: descriptors, child processes, file locks, queues of other processes.
//
// The model runs every thread on one OS thread and no real time passes in it, so a call that would wait stops the whole
// exploration for as long as the world likes. Each of their doors first asks, without waiting, whether the call would: if not
// (a file, a terminal that is written to, data that is there, a descriptor that does not block), the real function runs; if so,
// the execution ends as `unsupported`, with the name and the place of the call.
//
// What precompiled code waits in below these functions (getchar, say) is found by the watchdog instead.
//
// Through a pipe, a socket or an eventfd threads hand each other what no memory shows, and whether a call would wait depends on what the others
// have done. So each such call of the program's is a step, and all of them are on one object: which descriptors lead to the same pipe, only
// the kernel knows. Files, terminals and what the program prints are left out: they keep nobody waiting.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {

inline bool modelled() { return mode == Mode::modelled; }

// What a call would wait for.
inline constexpr const char* some_descriptor = "one of its descriptors";
inline constexpr const char* some_child = "a child process";
inline constexpr const char* other_process = "another process";

// The execution ends as `unsupported`.
[[noreturn]] void would_wait(const char* name, const char* what);

// A step on the one object that all channels are. `caller`: whom the door returns to. `name`, `descriptor`: of the call, for a reader; -1: it has
// no descriptor, or several.
void step_in_kernel(const void* caller, const char* name, int descriptor = -1);

// The descriptor is about to be closed, which is a step if it is a channel.
void closes(int descriptor, const void* caller = __builtin_return_address(0));

// Returns if `name` can go on with the descriptor at once, be it with an error. `caller`: whom the door returns to.
void ready(const char* name, int descriptor, short events, const void* caller = __builtin_return_address(0));
void ready_unless(bool not_waiting, const char* name, int descriptor, short events, const void* caller = __builtin_return_address(0));

// The bytes at `p` are about to be written by the C library, which tells nobody.
void about_to_fill(void* p, std::size_t size);
void about_to_fill(const iovec* parts, int count);

// A call has written these bytes. `p` may be null.
void wrote(const void* p, std::size_t size);
// `size`: what a call that was given `room` bytes at `p` has returned, which is more than `room` with MSG_TRUNC. Returns `size`.
ssize_t filled(int descriptor, void* p, std::size_t room, ssize_t size);
ssize_t filled(int descriptor, const iovec* parts, int count, ssize_t size);

// What `attempt` returns, unless it says that the call would have waited.
template <class Attempt, class Waits>
auto attempted(const char* name, const char* what, Attempt attempt, Waits waits, const void* caller = __builtin_return_address(0)) {
  step_in_kernel(caller, name);
  const Model model;
  const auto result = attempt();
  if (waits(result)) would_wait(name, what);
  return result;
}

}  // namespace interleave::engine
