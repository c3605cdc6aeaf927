// The smallest body with a bug: four of its six interleavings lose an update.
#pragma once

#include <atomic>

#include <interleave/interleave.hpp>

inline void lossy() {
  std::atomic<int> n = 0;
  const auto increment = [&] { n = n + 1; };
  interleave::parallel(increment, increment);
  interleave::require(n.load() == 2, "an update was lost");
}
