#include "scheduler/explore/limits.hpp"

#include <fmt/format.h>

namespace interleave::engine {

std::optional<std::string> Limits::time_is_over(std::uint64_t begun) const {
  // Not before the first: a limit that is over before anything ran would be a pass of nothing.
  constexpr std::uint64_t often = 16;
  if (time.count() == 0 || begun == 0 || begun % often != 0 || Clock::now() - start <= time) return std::nullopt;
  return fmt::format("the time limit of {} s was met", time.count());
}

std::optional<std::string> Limits::memory_is_full(std::size_t kept) const {
  if (kept <= memory) return std::nullopt;
  return fmt::format("the limit of {} MiB of memory was met (INTERLEAVE_MEMORY_MB raises it)", memory >> 20);
}

std::optional<std::string> Limits::enough(std::uint64_t begun, std::uint64_t steps_made) const {
  if (executions != 0 && begun == executions) return fmt::format("the limit of {} executions was met", executions);
  if (steps != 0 && steps_made >= steps) return fmt::format("the limit of {} steps in all was met", steps);
  return std::nullopt;
}

}  // namespace interleave::engine
