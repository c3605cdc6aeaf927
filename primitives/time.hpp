// Timeouts: how long a call may block.
//
// A timeout is an optional number of seconds; none means for ever. Any std::chrono duration converts, so `acquire(true, 5ms)`
// and `get(true, 1.5s)` read as they should.
//
// Two clocks are at work. Sleeping calls take an absolute time of CLOCK_REALTIME, because sem_timedwait does (its sibling
// for other clocks is invisible to ThreadSanitizer); what remains of a timeout over several sleeps is measured on
// CLOCK_MONOTONIC, so a clock that is set while a thread sleeps disturbs at most that one sleep.
#pragma once

#include <time.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <stdexcept>

#include <interleave/primitives/errors.hpp>

namespace interleave {

using Seconds = std::chrono::duration<double>;
using Timeout = std::optional<Seconds>;

// The longest timeout: what fits in 63 bits of nanoseconds, 292 years. The same as Python's TIMEOUT_MAX.
inline constexpr Seconds timeout_max{9223372036.0};

namespace detail {

inline double monotonic_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The time of day `delay` from now. REQUIRES: 0 <= delay <= timeout_max.
inline timespec realtime_after(Seconds delay) {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  const double whole = std::floor(delay.count());
  at.tv_sec += static_cast<time_t>(whole);
  at.tv_nsec += static_cast<long>((delay.count() - whole) * 1e9);
  if (at.tv_nsec >= 1'000'000'000) {
    at.tv_nsec -= 1'000'000'000;
    ++at.tv_sec;
  }
  return at;
}

// Throws ValueError for a timeout that is not a number and std::overflow_error for one above timeout_max.
inline void check_range(Timeout timeout) {
  if (!timeout) return;
  if (std::isnan(timeout->count())) throw ValueError("a timeout must be a number");
  if (*timeout > timeout_max) throw std::overflow_error("timeout value is too large");
}

// What Lock and RLock accept: no timeout for a call that does not block; minus one second means for ever; no other
// negative number. Returns none for ever.
inline Timeout lock_timeout(bool blocking, Timeout timeout) {
  if (!timeout || *timeout == Seconds{-1}) return std::nullopt;
  if (!blocking) throw ValueError("can't specify a timeout for a non-blocking call");
  check_range(timeout);
  if (*timeout < Seconds::zero()) throw ValueError("timeout value must be a non-negative number");
  return timeout;
}

}  // namespace detail

// The moment at which a timeout that starts now ends. Immutable, so any thread may read it.
class Deadline {
 public:
  explicit Deadline(Timeout timeout) {
    if (timeout) end_ = detail::monotonic_seconds() + timeout->count();
  }

  // What is left; zero or less once it has passed, none if it never does.
  Timeout remaining() const {
    if (!end_) return std::nullopt;
    return Seconds{*end_ - detail::monotonic_seconds()};
  }

  bool passed() const { return end_ && detail::monotonic_seconds() >= *end_; }

 private:
  std::optional<double> end_;  // seconds on the monotonic clock
};

}  // namespace interleave
