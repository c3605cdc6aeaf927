// SimpleQueue: an unbounded first-in first-out queue without the bookkeeping of Queue. A deque, and a Semaphore that counts
// its items.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/semaphore.hpp>

namespace interleave {

// All members but the destructor may be called by any thread at any time, but not from the copying, moving or destroying of
// an item. (Python's may be called from a destructor: there the interpreter's lock takes the place of our mutex.)
template <class T>
class SimpleQueue {
 public:
  // Adds an item; never waits for room, so `block` and `timeout`, which Queue's put has, mean nothing.
  void put(T&& item, bool /*block*/ = true, Timeout /*timeout*/ = std::nullopt) {
    {
      Guard guard{mutex_};
      items_.push_back(std::move(item));
    }
    count_.release();
  }
  void put(const T& item, bool /*block*/ = true, Timeout /*timeout*/ = std::nullopt) { put(T(item)); }
  void put_nowait(T&& item) { put(std::move(item)); }
  void put_nowait(const T& item) { put(item); }

  // Removes and returns the oldest item, waiting for one if it must. Throws Empty if there is none and the call does not
  // block (the timeout is ignored then) or the timeout ends; ValueError for a negative timeout of a call that blocks.
  T get(bool block = true, Timeout timeout = std::nullopt) {
    if (!block) timeout.reset();
    if (timeout && *timeout < Seconds::zero()) throw ValueError("'timeout' must be a non-negative number");
    if (!count_.acquire(block, timeout)) throw Empty();
    try {
      return take();
    } catch (...) {
      count_.release();  // the item is still there
      throw;
    }
  }
  T get_nowait() { return get(false); }

  // Stale at once.
  std::size_t qsize() {
    Guard guard{mutex_};
    return items_.size();
  }
  bool empty() { return qsize() == 0; }

 private:
  // REQUIRES: one permit of count_ for one item.
  T take() {
    Guard guard{mutex_};
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

  Lock mutex_;
  std::deque<T> items_;  // protected by mutex_; never fewer than the permits of count_
  Semaphore count_{0};
};

}  // namespace interleave
