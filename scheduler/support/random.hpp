// A generator of random numbers whose sequence is ours for ever: splitmix64 (Steele, Lea, Flood, OOPSLA'14). The same seed gives the same
// numbers with every standard library, and so the same executions. Not thread-safe; allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) { advance(); }

  // The next number, uniform over all 64-bit values. The one after it is prepared: a decision that waits for a number has it at once.
  std::uint64_t next() {
    const std::uint64_t ready = ready_;
    advance();
    return ready;
  }

  // Uniform in 0..n-1, without bias. REQUIRES: n > 0.
  std::size_t below(std::size_t n) {
    const std::uint64_t drawn = next();
    if ((n & (n - 1)) == 0) return drawn & (n - 1);
    // By a multiplication ("Fast random integer generation in an interval", Lemire, ACM TOMACS 29, 2019).
    const Wide product = Wide{drawn} * n;
    if (static_cast<std::uint64_t>(product) < n) [[unlikely]] return below_without_bias(n, product);
    return static_cast<std::size_t>(product >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  // Out of line, or else every call of `below` keeps registers for it.
  std::size_t below_without_bias(std::size_t n, Wide product);
  void advance() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    ready_ = z ^ (z >> 31);
  }

  std::uint64_t state_, ready_ = 0;
};

}  // namespace interleave::engine
