// Watches that an execution goes on: a loop without a step, and a call that waits for the world outside, would otherwise stop
// the exploration for ever.
//
// A timer ticks a few times a second. As long as there are steps between ticks nothing happens, and a step costs nothing. Once
// there was none for `limit` (INTERLEAVE_WATCHDOG seconds, 10 unless set; 0: no watchdog) of
//
//     processor time   the thread that runs goes round in a loop without a step: a failure, `livelock`
//     real time, in which every tick met the same system call: it waits for the world outside: `unsupported`
//
// the execution ends there. A program that is merely stopped, or slow because the machine is busy, uses no processor time and is
// not met in a system call.
#pragma once

#include <csignal>
#include <ctime>

namespace interleave::engine {

class Execution;

class Watchdog {
 public:
  Watchdog();  // for the calling OS thread. Throws UsageError for an INTERLEAVE_WATCHDOG that makes no sense
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  static void tick(int, siginfo_t*, void* context);

  timer_t timer_{};
  bool armed_ = false;
  struct sigaction previous_ = {};
};

}  // namespace interleave::engine
