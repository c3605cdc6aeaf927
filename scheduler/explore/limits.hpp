#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace interleave::engine {

// What ends an exploration before its strategy does. Each question is answered by the sentence that says which limit was met, or by nothing.
class Limits {
 public:
  using Clock = std::chrono::steady_clock;

  // 0: no such limit.
  std::chrono::duration<double> time{0};
  Clock::time_point start = Clock::now();
  std::size_t memory = 0;         // bytes that the strategy may keep
  std::uint64_t executions = 0;
  std::uint64_t steps = 0;        // in all
  std::chrono::duration<double> processor_time{0};  // of the thread that explores
  std::optional<Clock::time_point> deadline = {};   // of the process

  // Whether the time is over. Asked before each execution, of which `begun` have begun; looks at the clock at every sixteenth.
  std::optional<std::string> time_is_over(std::uint64_t begun) const;
  // Whether the strategy keeps too much.
  std::optional<std::string> memory_is_full(std::size_t kept) const;
  // Whether another execution would be one too many: two comparisons, and then the sentence.
  bool are_met(std::uint64_t begun, std::uint64_t steps_made) const {
    return (executions != 0 && begun == executions) || (steps != 0 && steps_made >= steps);
  }
  std::optional<std::string> enough(std::uint64_t begun, std::uint64_t steps_made) const;
  // Whether so much processor time is too much.
  std::optional<std::string> processor_time_is_over(std::chrono::duration<double> used) const;
  // Whether the process has to come to its end now.
  std::optional<std::string> deadline_is_near(Clock::time_point now) const;
};

// Of the calling thread.
std::chrono::duration<double> processor_time();

// When this process was started; its first exploration, where that is not known.
Limits::Clock::time_point start_of_process();

// When an exploration has to end so that this process ends within so many seconds of its start, with a report: what is left for the report is a
// tenth of them, and 10 s at most. `seconds` is INTERLEAVE_DEADLINE; 0: never.
std::optional<Limits::Clock::time_point> deadline_of(Limits::Clock::time_point started, std::chrono::duration<double> seconds);

}  // namespace interleave::engine
