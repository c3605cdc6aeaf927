// Which of the code that is not instrumented runs on a modelled thread.
//
// While an exploration is under way, the pages of such a module may not be executed, and such a function begins with an instruction
// that faults (hlt): the first time that a modelled thread gets there is noted, and costs a signal. What the engine or a test framework
// runs does not count: a function is stepped over, and a module stays open until the next execution.
//
// If any has run, the exploration begins anew, and each call of such code is *traced*. What the code does is not seen, so a call is a
// step that depends on every other call into the same module, and orders what came before it with what comes after later calls return:
// whatever locks are hidden there, no race is reported that they prevent. For that, either such modules may be executed or the
// instrumented ones may, never both: each crossing is a fault. Functions among instrumented ones fault at their begin and where
// they return to.
//
// This file has when that is done, unseen_traps the traps, unseen_calls the tracing, and unseen_told what a report says.
#pragma once

#include <csignal>

namespace interleave::engine {

// Lives as long as one attempt at an exploration.
class UnseenRuns {
 public:
  // Sets the traps. `traces`: calls are traced.
  explicit UnseenRuns(bool traces);
  // Takes them away.
  ~UnseenRuns();
  UnseenRuns(const UnseenRuns&) = delete;
  UnseenRuns& operator=(const UnseenRuns&) = delete;

  // Whether code ran whose calls are to be traced, and were not: the exploration is to begin anew, with `traces`.
  bool wants_traces() const;
};

// A module is about to be unloaded that may have come in this execution.
void before_unloading();

// Whether a signal came from a trap. If so, it was answered, and the handler is to return.
bool is_trap(int number, const siginfo_t& info, void* context);

}  // namespace interleave::engine
