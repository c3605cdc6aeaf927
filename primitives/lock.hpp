// Lock: the lowest layer, on which every other primitive sleeps. A POSIX semaphore that is 1 while the lock is free, as in
// CPython's thread_pthread.h, and one word beside it:
//
//     semaphore  1       0                    0                   1
//     owner_     nobody  nobody    holder     nobody              nobody
//                free    acquire   held       release             free
//                        between its two      between its two
//                        steps                steps
//
// CPython tests "is it locked?" and posts in two steps that its global interpreter lock makes one. Here `release` takes the
// word out with one exchange: of several that race to release, exactly one finds the owner and posts. The semaphore
// therefore never exceeds 1, and a wrong release never takes the lock, not even for an instant.
//
// While an acquire is between its two steps nobody has the lock yet: a release by another thread that falls there is refused.
// A correct release comes after the acquire has returned, so it never does.
#pragma once

#include <errno.h>
#include <semaphore.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <string>

#include <interleave/primitives/errors.hpp>
#include <interleave/primitives/ident.hpp>
#include <interleave/primitives/time.hpp>

namespace interleave {

// Not reentrant: a second acquire by the holder blocks for ever. Not fair: a newcomer may overtake those who sleep. Any
// thread may release. All members but the destructor may be called by any thread at any time.
class Lock {
 public:
  struct Held {};  // for a lock that begins its life held by the thread that makes it

  Lock() { sem_init(&semaphore_, 0, 1); }
  explicit Lock(Held) : owner_(get_ident()) { sem_init(&semaphore_, 0, 0); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  // A held lock may be destroyed. REQUIRES: nobody sleeps in acquire.
  ~Lock() { sem_destroy(&semaphore_); }

  // Blocks until the lock is free, then takes it. True if taken; false if it was held and the call does not block, or the
  // timeout ended. A timeout of -1 s is for ever. Interrupted system calls are retried.
  // Throws ValueError for a timeout without blocking or another negative one, std::overflow_error above timeout_max.
  bool acquire(bool blocking = true, Timeout timeout = std::nullopt) {
    timeout = detail::lock_timeout(blocking, timeout);
    if (!take(blocking, timeout)) return false;
    owner_.store(get_ident(), std::memory_order_relaxed);
    return true;
  }

  // Frees the lock and lets one sleeper, if any, try for it. Throws ThreadError, a RuntimeError, if the lock is not held.
  void release() {
    const Ident owner = owner_.exchange(nobody, std::memory_order_relaxed);
    if (owner == nobody) throw ThreadError("release unlocked lock");
    sem_post(&semaphore_);  // the last thing: the lock may be gone when this returns
  }

  // Whether an acquire would have had to wait. Stale at once: for display only.
  bool locked() const {
    int value = 0;
    sem_getvalue(&semaphore_, &value);
    return value <= 0;
  }

  // The standard's names, so that std::lock_guard, std::unique_lock and std::scoped_lock work.
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

  // What a Condition asks of its lock. A Lock has no owner as far as its users are concerned: the last thread that took it
  // is remembered for this question only.
  bool is_owned() const { return owner_.load(std::memory_order_relaxed) == get_ident(); }
  unsigned release_save() {
    release();
    return 1;
  }
  void acquire_restore(unsigned) { acquire(); }

 private:
  bool take(bool blocking, Timeout timeout) {
    if (!blocking || timeout == Seconds::zero()) return succeeds([&] { return sem_trywait(&semaphore_); });
    if (!timeout) return succeeds([&] { return sem_wait(&semaphore_); });
    const timespec end = detail::realtime_after(*timeout);
    return succeeds([&] { return sem_timedwait(&semaphore_, &end); });
  }

  template <class Call>
  static bool succeeds(Call call) {
    while (call() != 0) {
      if (errno == EINTR) continue;  // a signal was handled: not our business
      if (errno == EAGAIN || errno == ETIMEDOUT) return false;
      throw ThreadError(std::string("cannot acquire a lock: ") + std::strerror(errno));
    }
    return true;
  }

  // const locked() reads it, and sem_getvalue wants a pointer to a plain sem_t.
  mutable sem_t semaphore_;

  // Relaxed throughout: order comes from the semaphore, which whoever takes the lock waits for and whoever frees it posts.
  // Atomic because a wrong release, and is_owned, look at it without holding the lock.
  std::atomic<Ident> owner_{nobody};
};

}  // namespace interleave
