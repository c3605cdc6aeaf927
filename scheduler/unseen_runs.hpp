// Which of the code that is not instrumented runs on a modelled thread.
//
// While an exploration is under way, the pages of such a module may not be executed, and such a function begins with an instruction
// that faults (hlt): the first time that a modelled thread gets there is noted, and costs a signal. What the engine or a test framework
// runs does not count: a function is stepped over, and a module stays open until the next execution.
#pragma once

#include <csignal>

namespace interleave::engine {

// Of this exploration.
class UnseenRuns {
 public:
  // Arms the traps.
  UnseenRuns();
  // Takes them away.
  ~UnseenRuns();
  UnseenRuns(const UnseenRuns&) = delete;
  UnseenRuns& operator=(const UnseenRuns&) = delete;
};

// Whether a signal was the fault of a trap. If so, the program goes on where it was.
bool is_trap(int number, const siginfo_t& info, void* context);

}  // namespace interleave::engine
