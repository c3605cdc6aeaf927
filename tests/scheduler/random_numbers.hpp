// The same numbers with every library, for tests that try many cases: a linear congruential generator (Knuth, MMIX).
#pragma once

#include <cstdint>

namespace interleave {

class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed = 1) : state_(seed) {}

  // Uniform in 0..n-1, as far as a test needs it. REQUIRES: n > 0.
  std::uint32_t below(std::uint32_t n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>((state_ >> 33) % n);
  }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  std::uint64_t bits() {
    const std::uint64_t high = below(1u << 31), middle = below(1u << 31), low = below(4);
    return high << 33 | middle << 2 | low;
  }

 private:
  std::uint64_t state_;
};

}  // namespace interleave
