// What came of an execution.
#pragma once

#include <cstdint>
#include <string>

#include "scheduler/model/choices.hpp"
#include "scheduler/model/strategy.hpp"

namespace interleave::engine {

// Why an execution ended as a failure. `message` may be refined when the failure is explained.
struct Violation {
  std::string kind, message;
};

struct ExecutionOutcome {
  Ending ending = Ending::finished;
  bool failed = false;                // the first failure counts; the execution may have run on behind it
  std::uint64_t failing_step = 0;     // if it failed: the step at which
  std::uint32_t culprit = 0;          // the thread that ran last, or failed
  bool misses_plain_writes = false;   // redundant, and a stopped thread waits for a plain write that has come meanwhile
  bool has_value = false;
  std::string value;                  // of interleave::outcome, if has_value
  Violation violation;
  Choices choices;                    // those of the failure, if it failed

  // For the next execution. Keeps the room of its members.
  void begin() {
    has_value = false;
    choices.clear();
    if (failed) violation = {};
    failed = false;
  }
  bool abandoned() const { return ending != Ending::finished; }
};

}  // namespace interleave::engine
