// The crash reporter: a second process that prints the schedule under way if this process dies in the middle of an exploration.
//
//     this process                     shared memory                       reporter, forked at the first exploration
//     ------------                     -------------                       ----------------------------------------
//     name, options         ------->   what is explored
//     each choice           ------->   the choices of the execution
//     a failure found       ------->   its token
//     ends, however that happens  .......................................  sees its end of a pipe close; prints the tokens
//
// Most crashes of a program are contained and become failures (signal_guard.hpp). What no handler sees (SIGKILL by the kernel that is
// out of memory, a handler that faults, a harness that stops) still leaves a schedule on stderr. The choices are recorded where
// the reporter can read them and nowhere else, so a step costs nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "scheduler/model/choices.hpp"

namespace interleave {
struct Schedule;
}

namespace interleave::engine::crash_reporter {

// Forks the reporter, at the first call of a process; from then on, Choices are made where it sees them.
void open();

// An exploration begins; its executions make choices as `schedule` says (its own choices are not looked at).
void begin(const Schedule& schedule);
// Execution `number` of the exploration begins; 0: it has ended.
void executing(std::uint64_t number);
// A failure was found that has not been reported yet.
void found(std::string_view kind, std::string_view token);
// The exploration has ended, and its caller has the report.
void end();

// As long as it lives, executions are made beside those of a search that has not ended: what they choose is recorded elsewhere, and the choices
// of the search stay as they are. REQUIRES: all Choices that were made meanwhile are gone before it goes.
class Beside {
 public:
  Beside();
  ~Beside();
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

 private:
  ChoiceList::Offer before_;
};

// For a child process that the engine forks for another purpose: detaches the child from the reporter.
void dismiss();

}  // namespace interleave::engine::crash_reporter

namespace interleave::engine {

// The harness cannot go on: one sentence, and exit status 70.
[[noreturn]] void stop_harness(const char* sentence);

}  // namespace interleave::engine
