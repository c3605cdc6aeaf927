// What a step adds to the sum by which a state of the program is known (liveness/state_hasher.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

struct StateHash {
  std::uint64_t a = 0, b = 0;

  StateHash& operator+=(const StateHash& other) {
    a += other.a;
    b += other.b;
    return *this;
  }
  StateHash& operator-=(const StateHash& other) {
    a -= other.a;
    b -= other.b;
    return *this;
  }
  bool nothing() const { return a == 0 && b == 0; }
  bool operator==(const StateHash&) const = default;
  struct Hash {
    std::size_t operator()(const StateHash& hash) const { return hash.a; }
  };
};

// A step whose delta is known.
struct HashedStep {
  StateHash delta, modulo_counters;
  std::uint64_t local_state = 0;  // the same whenever its thread stands as it does now; 0: not known
  bool counts = false;         // it stands in a loop that waits and counts: `local_state` is without its counters
};

}  // namespace interleave::engine
