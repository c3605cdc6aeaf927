// What a step adds to the sum by which a state of the program is known (liveness/states.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

struct Weight {
  std::uint64_t a = 0, b = 0;

  Weight& operator+=(const Weight& other) {
    a += other.a;
    b += other.b;
    return *this;
  }
  Weight& operator-=(const Weight& other) {
    a -= other.a;
    b -= other.b;
    return *this;
  }
  bool nothing() const { return a == 0 && b == 0; }
  bool operator==(const Weight&) const = default;
  struct Hash {
    std::size_t operator()(const Weight& weight) const { return weight.a; }
  };
};

// A step whose weight is known.
struct Weighed {
  Weight weight, loosely;
  std::uint64_t standing = 0;  // the same whenever its thread stands as it does now; 0: not known
  bool counts = false;         // it stands in a loop that waits and counts: `standing` is without its counters
};

}  // namespace interleave::engine
