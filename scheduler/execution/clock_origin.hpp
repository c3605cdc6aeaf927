#pragma once

#include <cstdint>
#include <ctime>

namespace interleave::engine {

// What each clock shows when an execution begins, in nanoseconds. A thread reads this plus its virtual time.
inline std::uint64_t clock_origin(clockid_t clock) {
  constexpr std::uint64_t second = 1'000'000'000;
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI: return 1'700'000'000 * second;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID: return 0;
    default: return 1'000 * second;
  }
}

}  // namespace interleave::engine
