#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace interleave::engine {

// When to look at clocks while a search goes on. A look costs more than a short execution, so executions are counted instead, and their number
// between two looks follows how fast they are: a look every 20 ms or so, or before each execution where executions are long.
class Pace {
 public:
  // Whether to look, before an execution of which `begun` have begun. One comparison.
  bool due(std::uint64_t begun) const { return begun >= next_; }
  // Somebody has looked, at a time that is `now`, by any clock that does not go back.
  void looked(std::uint64_t begun, std::chrono::duration<double> now) {
    using namespace std::chrono_literals;
    const auto since = now - last_;
    if (since < 10ms) between_ = std::min(2 * between_, most);
    if (since > 40ms) between_ = std::max<std::uint64_t>(between_ / 2, 1);
    last_ = now;
    next_ = begun + between_;
  }

 private:
  static constexpr std::uint64_t most = std::uint64_t{1} << 20;
  std::uint64_t between_ = 1, next_ = 1;
  std::chrono::duration<double> last_{0};
};

}  // namespace interleave::engine
