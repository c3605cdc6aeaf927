// Signals and std::terminate of a program under test: caught while an exploration runs, and turned into the failure of that
// execution. What the program sends itself counts (raise(SIGTERM)); what comes from outside has the effect that it always had. SIGINT and SIGTERM
// from outside have it a little later: the first one of them is noted, so that the exploration can end with what it has found; a second one
// ends the process at once.
//
// A fault inside the handler, and an abort of the engine's own code, cannot be contained: the harness stops, and the reporter
// (crash_reporter.hpp) names the schedule.
#pragma once

#include <csignal>
#include <exception>
#include <optional>

#include "scheduler/races/shadow.hpp"
#include "scheduler/unseen/cycle_counter.hpp"

namespace interleave::engine {

class Execution;

// Installs the handlers; restores the previous ones when it goes.
class SignalGuard {
 public:
  SignalGuard();
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  // What std::terminate would do if there were no guard. REQUIRES: there is one.
  [[noreturn]] static void otherwise();

  // The signal by which somebody outside wants this process to end, SIGINT or SIGTERM; 0: nobody.
  static int request_to_end() { return request_; }
  // The same, and forgets it: whoever asks passes it on, to the handlers that were there before the guard.
  static int take_request_to_end();

 private:
  static constexpr int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
  static void on_signal(int, siginfo_t*, void*);
  static volatile std::sig_atomic_t request_;
  struct sigaction previous_[NSIG] = {};
  stack_t previous_stack_ = {};
  std::terminate_handler previous_terminate_;
  SignalGuard* outer_;
  std::optional<CycleCounterTrap> trap_;  // while the handlers are there
};

// The running thread has no stack left.
[[noreturn]] void overflowed(Execution& run);

// The running execution, whose failure it is that the shadow cannot go on.
ShadowLimits& shadow_limits();

}  // namespace interleave::engine
