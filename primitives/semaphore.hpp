// Semaphore: a number of permits; BoundedSemaphore: one that notices permits that nobody took. On Condition(Lock).
#pragma once

#include <cstddef>
#include <limits>
#include <stdexcept>

#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/guard.hpp>

namespace interleave {

// Not first come, first served: a newcomer may take the permit for which a sleeper was woken; the sleeper then waits again,
// at the tail. All members but the destructor may be called by any thread at any time.
class Semaphore {
 public:
  // Throws ValueError for a negative number of permits.
  explicit Semaphore(std::ptrdiff_t value = 1) : value_(value) {
    if (value < 0) throw ValueError("semaphore initial value must be >= 0");
  }

  // Takes a permit, waiting for one if it must. False if there is none and the call does not block or the timeout ended; a
  // timeout of zero or less takes what is there. Throws ValueError for a timeout without blocking.
  bool acquire(bool blocking = true, Timeout timeout = std::nullopt) {
    if (!blocking && timeout) throw ValueError("can't specify timeout for non-blocking acquire");
    Guard guard{mutex_};
    if (value_ == 0 && !blocking) return false;
    if (!changed_.wait_for([&] { return value_ > 0; }, timeout)) return false;
    --value_;
    return true;
  }

  // Adds `n` permits and wakes as many sleepers; never waits for a permit. Throws ValueError for n < 1 and
  // std::overflow_error beyond what can be counted.
  void release(std::ptrdiff_t n = 1) {
    if (n < 1) throw ValueError("n must be one or more");
    Guard guard{mutex_};
    if (n > std::numeric_limits<std::ptrdiff_t>::max() - value_) throw std::overflow_error("too many permits");
    value_ += n;
    changed_.notify(n);
  }

  // The standard's names, so that std::lock_guard, std::unique_lock and std::scoped_lock hold a permit.
  void lock() { acquire(); }
  void unlock() { release(); }
  bool try_lock() { return acquire(false); }

  // The number of permits; stale at once.
  std::ptrdiff_t value() {
    Guard guard{mutex_};
    return value_;
  }

 private:
  friend class BoundedSemaphore;

  Lock mutex_;
  Condition changed_{mutex_};
  std::ptrdiff_t value_;  // protected by mutex_
};

// As Semaphore, but never has more permits than it began with. Not convertible to one, since its release differs.
class BoundedSemaphore : private Semaphore {
 public:
  explicit BoundedSemaphore(std::ptrdiff_t value = 1) : Semaphore(value), initial_(value) {}

  using Semaphore::acquire;
  using Semaphore::lock;
  using Semaphore::try_lock;
  using Semaphore::value;

  // Throws ValueError for n < 1, or if there would be more permits than in the beginning: the test and the addition are one
  // critical section, so of several releases too many none is missed.
  void release(std::ptrdiff_t n = 1) {
    if (n < 1) throw ValueError("n must be one or more");
    Guard guard{mutex_};
    if (n > initial_ - value_) throw ValueError("Semaphore released too many times");
    value_ += n;
    changed_.notify(n);
  }
  void unlock() { release(); }

 private:
  const std::ptrdiff_t initial_;
};

}  // namespace interleave
