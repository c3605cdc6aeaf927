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

  // Whether the time is over. Asked before each execution, of which `begun` have begun; looks at the clock at every sixteenth.
  std::optional<std::string> time_is_over(std::uint64_t begun) const;
  // Whether the strategy keeps too much.
  std::optional<std::string> memory_is_full(std::size_t kept) const;
  // Whether another execution would be one too many.
  std::optional<std::string> enough(std::uint64_t begun, std::uint64_t steps_made) const;
};

}  // namespace interleave::engine
