// RLock: a lock that its holder may take again, on one Lock.
//
// Invariants: owner_ is the holder's identity exactly while block_ is held, set after block_ is taken and cleared before it
// is released; so a thread that reads its own identity there holds the lock, and no other value means anything to it. count_
// belongs to the holder.
#pragma once

#include <atomic>

#include <interleave/primitives/lock.hpp>

namespace interleave {

// All members but the destructor may be called by any thread at any time. A thread that ends while it holds the lock leaves
// it held, and a later thread with the same identity may pass for the owner.
class RLock {
 public:
  RLock() = default;
  RLock(const RLock&) = delete;
  RLock& operator=(const RLock&) = delete;

  // Takes the lock, once more if the caller holds it already: that never blocks and does not touch the inner lock.
  // Arguments, result and errors as for Lock::acquire.
  bool acquire(bool blocking = true, Timeout timeout = std::nullopt) {
    timeout = detail::lock_timeout(blocking, timeout);
    if (is_owned()) {
      ++count_;
      return true;
    }
    if (!block_.acquire(blocking, timeout)) return false;
    owner_.store(get_ident(), std::memory_order_relaxed);
    count_ = 1;
    return true;
  }

  // Undoes one acquire; the last frees the lock. Throws RuntimeError if the caller does not hold it.
  void release() {
    require_owned();
    --count_;
    if (count_ == 0) {
      owner_.store(nobody, std::memory_order_relaxed);
      block_.release();
    }
  }

  // Whether any thread holds it. Stale at once: for display only.
  bool locked() const { return block_.locked(); }

  void lock() { acquire(); }
  void unlock() { release(); }
  bool try_lock() { return acquire(false); }
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) {
    const Seconds seconds = timeout;
    return seconds > Seconds::zero() ? acquire(true, seconds) : try_lock();
  }
  template <class Clock, class Span>
  bool try_lock_until(const std::chrono::time_point<Clock, Span>& end) {
    return try_lock_for(end - Clock::now());
  }

  // What a Condition asks of its lock.
  bool is_owned() const { return owner_.load(std::memory_order_relaxed) == get_ident(); }

  // How often the caller has taken it; 0 if it does not hold it.
  unsigned recursion_count() const { return is_owned() ? count_ : 0; }

  // Frees the lock however often it was taken; gives the number of times, for acquire_restore. Throws RuntimeError if the
  // caller does not hold it.
  unsigned release_save() {
    require_owned();
    const unsigned count = count_;
    count_ = 0;
    owner_.store(nobody, std::memory_order_relaxed);
    block_.release();
    return count;
  }

  // Takes the lock as often as release_save undid. REQUIRES: the caller does not hold it.
  void acquire_restore(unsigned count) {
    block_.acquire();
    owner_.store(get_ident(), std::memory_order_relaxed);
    count_ = count;
  }

 private:
  void require_owned() const {
    if (!is_owned()) throw RuntimeError("cannot release un-acquired lock");
  }

  Lock block_;

  // Read by threads that do not hold the lock, hence atomic. Relaxed: they only ask "is it me?", and a thread always sees
  // its own last write; everything else is ordered by block_.
  std::atomic<Ident> owner_{nobody};

  unsigned count_ = 0;
};

}  // namespace interleave
