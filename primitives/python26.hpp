// The forms of Python 2.6 and 2.7 that differ from ours and whose mistakes the scenarios study. For anything else use the
// classes without the namespace.
//
// What the interpreter's global lock makes atomic is an atomic here where the mistake is in the logic (BoundedSemaphore), so
// that it shows as a wrong result. Where the mistake is that a structure is changed without its lock (Condition), it stays a
// data race, so that it shows as one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/lock.hpp>

namespace interleave::python26 {

// Tests for one release too many *before* it takes the lock: two releasers may both pass (CPython issue bpo-19158).
class BoundedSemaphore {
 public:
  // REQUIRES: value >= 0.
  explicit BoundedSemaphore(std::ptrdiff_t value = 1) : initial_(value), value_(value) {}

  bool acquire(bool blocking = true) {
    Guard guard{mutex_};
    while (value_.load() == 0) {
      if (!blocking) return false;
      changed_.wait();
    }
    value_.store(value_.load() - 1);
    return true;
  }

  // Throws ValueError if it notices.
  void release() {
    if (value_.load() >= initial_) throw ValueError("Semaphore released too many times");
    Guard guard{mutex_};
    value_.store(value_.load() + 1);
    changed_.notify();
  }

  std::ptrdiff_t value() const { return value_.load(); }

 private:
  Lock mutex_;
  interleave::Condition changed_{mutex_};
  const std::ptrdiff_t initial_;
  std::atomic<std::ptrdiff_t> value_;
};

// Its wait gives the flag as it is when the waiter leaves (2.7; 2.6 gave nothing): false for a waiter that was woken by a
// `set` after which somebody cleared (bpo-13502).
class Event {
 public:
  void set() {
    Guard guard{mutex_};
    flag_.store(true, std::memory_order_release);
    changed_.notify_all();
  }

  void clear() {
    Guard guard{mutex_};
    flag_.store(false, std::memory_order_relaxed);
  }

  bool is_set() const { return flag_.load(std::memory_order_acquire); }

  bool wait(Timeout timeout = std::nullopt) {
    Guard guard{mutex_};
    if (!flag_.load(std::memory_order_relaxed)) changed_.wait(timeout);
    return flag_.load(std::memory_order_relaxed);
  }

 private:
  Lock mutex_;
  interleave::Condition changed_{mutex_};
  std::atomic<bool> flag_{false};
};

// A waiter whose time ends leaves the list *before* it takes the lock back, so while others may be walking it (bpo-22185).
// `Outer` is Lock, RLock or ProbedLock. 2.6 slept by polling; one timed acquire here, as the order is the point.
template <class Outer>
class Condition {
 public:
  explicit Condition(Outer& lock) : lock_(lock) {}

  void acquire() { lock_.acquire(); }
  void release() { lock_.release(); }

  // Gives nothing: the caller cannot tell a timeout from a notify.
  void wait(Timeout timeout = std::nullopt) {
    if (!lock_.is_owned()) throw RuntimeError("cannot wait on un-acquired lock");
    const auto waiter = std::make_shared<Lock>(Lock::Held{});
    waiters_.push_back(waiter);
    const unsigned depth = lock_.release_save();
    const bool notified = timeout && *timeout <= Seconds::zero() ? waiter->acquire(false) : waiter->acquire(true, timeout);
    if (!notified) std::erase(waiters_, waiter);
    lock_.acquire_restore(depth);
  }

  // A negative n wakes all but the last -n, as a slice does.
  void notify(std::ptrdiff_t n = 1) {
    if (!lock_.is_owned()) throw RuntimeError("cannot notify on un-acquired lock");
    const std::ptrdiff_t size = std::ssize(waiters_);
    const std::ptrdiff_t end = n < 0 ? std::max<std::ptrdiff_t>(size + n, 0) : std::min(n, size);
    const std::deque<std::shared_ptr<Lock>> woken(waiters_.begin(), waiters_.begin() + end);
    for (const auto& waiter : woken) {
      waiter->release();
      std::erase(waiters_, waiter);
    }
  }

  void notify_all() { notify(std::ssize(waiters_)); }

 private:
  Outer& lock_;
  std::deque<std::shared_ptr<Lock>> waiters_;
};

// Untimed, and full only when it holds exactly `maxsize` items: lower the bound below the size and it has none (bpo-10110).
template <class T>
class Queue {
 public:
  explicit Queue(std::ptrdiff_t maxsize = 0) : maxsize_(maxsize) {}

  // Throws Full if there is no room and the call does not block.
  void put(T item, bool block = true) {
    Guard guard{mutex_};
    while (is_full()) {
      if (!block) throw Full();
      not_full_.wait();
    }
    items_.push_back(std::move(item));
    ++unfinished_;
    not_empty_.notify();
  }

  // Throws Empty if there is none and the call does not block.
  T get(bool block = true) {
    Guard guard{mutex_};
    while (items_.empty()) {
      if (!block) throw Empty();
      not_empty_.wait();
    }
    T item = std::move(items_.front());
    items_.pop_front();
    not_full_.notify();
    return item;
  }

  void task_done() {
    Guard guard{mutex_};
    if (unfinished_ == 0) throw ValueError("task_done() called too many times");
    --unfinished_;
    if (unfinished_ == 0) all_done_.notify_all();
  }

  void join() {
    Guard guard{mutex_};
    while (unfinished_ != 0) all_done_.wait();
  }

  std::size_t qsize() {
    Guard guard{mutex_};
    return items_.size();
  }

  void set_maxsize(std::ptrdiff_t maxsize) {
    Guard guard{mutex_};
    maxsize_ = maxsize;
  }

 private:
  bool is_full() const { return maxsize_ > 0 && std::cmp_equal(items_.size(), maxsize_); }

  Lock mutex_;
  interleave::Condition not_empty_{mutex_};
  interleave::Condition not_full_{mutex_};
  interleave::Condition all_done_{mutex_};
  std::deque<T> items_;
  std::ptrdiff_t maxsize_;
  std::size_t unfinished_ = 0;
};

}  // namespace interleave::python26
