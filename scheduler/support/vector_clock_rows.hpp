// Rows of vector clocks: how many events of each thread; the width a multiple of 8. Eight counts are four vector instructions or
// so, where the compilers make of a loop of unknown length a dozen branches, or a call of memcpy, which lies behind a door.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace interleave::engine::clock_rows {

using Count = std::uint32_t;
typedef Count Four __attribute__((vector_size(16), aligned(4), may_alias));

inline Four& four(Count* row, std::size_t i) { return *reinterpret_cast<Four*>(row + i); }
inline const Four& four(const Count* row, std::size_t i) { return *reinterpret_cast<const Four*>(row + i); }
// As signed numbers, which the older processors compare in one instruction: no execution has 2^31 steps of one thread.
inline Four greater(Four a, Four b) {
  typedef std::int32_t Signed __attribute__((vector_size(16)));
  const auto first = reinterpret_cast<Four>(reinterpret_cast<Signed>(a) > reinterpret_cast<Signed>(b));
  return (a & first) | (b & ~first);
}

// f(i) for each eight counts, kept as it is.
template <class F>
inline void each_eight(std::size_t width, F f) {
  for (std::size_t i = 0; i < width; i += 8) {
    f(i);
    asm("" : "+r"(i));
  }
}

// The next width: by half as much again, so that all rows together are copied a few times only, however many threads there come to be.
inline Count wider_than(Count width) { return width + std::max<Count>(8, width / 2 & ~Count{7}); }

inline void join(Count* into, const Count* from, std::size_t width) {
  each_eight(width, [=](std::size_t i) {
    const Four low = greater(four(into, i), four(from, i)), high = greater(four(into, i + 4), four(from, i + 4));
    four(into, i) = low;
    four(into, i + 4) = high;
  });
}

inline void copy(Count* into, const Count* from, std::size_t width) {
  each_eight(width, [=](std::size_t i) {
    const Four low = four(from, i), high = four(from, i + 4);
    four(into, i) = low;
    four(into, i + 4) = high;
  });
}

inline void clear(Count* row, std::size_t width) {
  each_eight(width, [=](std::size_t i) { four(row, i) = four(row, i + 4) = Four{}; });
}

}  // namespace interleave::engine::clock_rows
