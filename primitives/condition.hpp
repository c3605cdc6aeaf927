// Condition: wait until somebody says that something may have changed.
//
// One Lock per sleeper, as in CPython. A sleeper's lock is held; to sleep is to acquire it again; to wake the sleeper is to
// release it:
//
//     wait                                    notify
//       waiters_: append my lock                waiters_: take out the oldest lock
//       release the outer lock                  release it
//       acquire my lock again  <- - - - - - -
//       acquire the outer lock
//
// Invariants: waiters_ and idle_ are protected by the outer lock. A lock in waiters_ belongs to a thread in `wait`; a lock in
// idle_ is held and belongs to nobody. Waiter locks live as long as the Condition, so none can vanish under a notifier that
// is still releasing it; sharing them by reference counts instead would cost every wait and every wake several atomic
// operations.
//
// No spurious wakeups. Clients loop all the same: between the notify and the waiter's return any thread may take the outer
// lock and change things.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include <interleave/primitives/lock.hpp>
#include <interleave/primitives/probed_lock.hpp>
#include <interleave/primitives/rlock.hpp>

namespace interleave {

// All members but the destructor may be called by any thread, subject to holding the lock where it says so.
class Condition {
 public:
  // With an RLock of its own, or on a given lock, which several Conditions may share and which must outlive them.
  Condition() : own_(std::make_unique<RLock>()), lock_(own_.get()) {}
  explicit Condition(Lock& lock) : lock_(&lock) {}
  explicit Condition(RLock& lock) : lock_(&lock) {}
  explicit Condition(ProbedLock& lock) : lock_(&lock) {}
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  // The outer lock's own. Arguments, results and errors are those of Lock and RLock.
  bool acquire(bool blocking = true, Timeout timeout = std::nullopt) {
    return std::visit([&](auto* lock) { return lock->acquire(blocking, timeout); }, lock_);
  }
  void release() {
    std::visit([](auto* lock) { lock->release(); }, lock_);
  }
  void lock() { acquire(); }
  void unlock() { release(); }
  bool try_lock() { return acquire(false); }

  // Releases the lock, however often it is held, sleeps until notified or until the timeout ends, and takes the lock back
  // as often as before, also when leaving by an exception. True if notified, false on timeout; a timeout of zero or less
  // gives the lock up once and does not sleep. A waiter whose time ends just before it is notified still returns false, and
  // that notify has woken nobody: check the condition itself, not only the result.
  // Throws RuntimeError if the caller does not hold the lock; ValueError and std::overflow_error as Lock::acquire does for a
  // timeout that is not a number or too large. Cost: no allocation once as many threads have waited at a time before.
  bool wait(Timeout timeout = std::nullopt) {
    require_owned("cannot wait on un-acquired lock");
    detail::check_range(timeout);
    std::unique_ptr<Lock> waiter = take_idle();
    waiters_.push_back(waiter.get());
    const unsigned depth = release_save();
    bool notified = false;
    try {
      notified = sleep(*waiter, timeout);
    } catch (...) {
      acquire_restore(depth);
      forget(*waiter);
      idle_.push_back(std::move(waiter));
      throw;
    }
    acquire_restore(depth);
    if (!notified) forget(*waiter);
    idle_.push_back(std::move(waiter));
    return notified;
  }

  // Waits until `predicate()`, called with the lock held, gives something true; returns what it gave last, so something false
  // only if the timeout, counted over all waits, has ended. Errors as for wait, if it comes to waiting.
  template <class Predicate>
  auto wait_for(Predicate predicate, Timeout timeout = std::nullopt) {
    auto result = predicate();
    if (result) return result;
    const Deadline deadline{timeout};
    while (!result) {
      const bool notified = wait(deadline.remaining());
      result = predicate();
      // A wait that timed out was the last, whatever the clock says by now: no second opinion, no endless loop.
      if (!notified || deadline.passed()) break;
    }
    return result;
  }

  // Wakes the `n` threads that have waited longest, or all if there are fewer; none for n <= 0. Nothing is remembered for
  // threads that come later. They return from wait once they get the lock, in any order.
  // Throws RuntimeError if the caller does not hold the lock.
  void notify(std::ptrdiff_t n = 1) {
    require_owned("cannot notify on un-acquired lock");
    wake(n);
  }

  void notify_all() {
    require_owned("cannot notify on un-acquired lock");
    wake(std::ssize(waiters_));
  }

 private:
  void require_owned(const char* otherwise) {
    const bool owned = std::visit([](auto* lock) { return lock->is_owned(); }, lock_);
    if (!owned) throw RuntimeError(otherwise);
  }
  unsigned release_save() {
    return std::visit([](auto* lock) { return lock->release_save(); }, lock_);
  }
  void acquire_restore(unsigned depth) {
    std::visit([&](auto* lock) { lock->acquire_restore(depth); }, lock_);
  }

  static bool sleep(Lock& waiter, Timeout timeout) {
    if (!timeout) return waiter.acquire();
    if (*timeout > Seconds::zero()) return waiter.acquire(true, timeout);
    return waiter.acquire(false);
  }

  // Out of the list before it is released, so that nobody can release it twice.
  void wake(std::ptrdiff_t n) {
    for (; n > 0 && !waiters_.empty(); --n) {
      Lock* const waiter = waiters_.front();
      waiters_.pop_front();
      waiter->release();
    }
  }

  // After a timeout. If a notify came between the end of the timeout and our return, our lock has left the list and was
  // released: take it again, because idle locks are held.
  void forget(Lock& waiter) {
    const auto found = std::find(waiters_.begin(), waiters_.end(), &waiter);
    if (found == waiters_.end()) {
      waiter.acquire(false);
      return;
    }
    waiters_.erase(found);
  }

  // A held lock that nobody uses. Makes room in idle_ for its return, which therefore cannot fail.
  std::unique_ptr<Lock> take_idle() {
    if (idle_.empty()) {
      idle_.reserve(locks_ + 1);
      idle_.push_back(std::make_unique<Lock>(Lock::Held{}));
      ++locks_;
    }
    std::unique_ptr<Lock> lock = std::move(idle_.back());
    idle_.pop_back();
    return lock;
  }

  std::unique_ptr<RLock> own_;
  std::variant<Lock*, RLock*, ProbedLock*> lock_;
  std::deque<Lock*> waiters_;                // oldest first
  std::vector<std::unique_ptr<Lock>> idle_;  // held locks for waits to come
  std::size_t locks_ = 0;                    // ever made: those of idle_ and of the threads in wait
};

}  // namespace interleave
