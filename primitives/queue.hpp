// Queue, LifoQueue, PriorityQueue (and SimpleQueue): hand items from thread to thread, and know when all of them have been worked on.
//
// One mutex, and three Conditions on it:
//
//     not_empty_   getters wait here for an item           put notifies one
//     not_full_    putters wait here for room              get notifies one
//     all_done_    joiners wait here for unfinished_ == 0  the task_done that gets there notifies all
//
// Everything else is protected by the mutex. Each operation first changes the container, which may throw, and only then
// counts and notifies, which cannot.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/order.hpp>
#include <interleave/primitives/simple_queue.hpp>

namespace interleave {

// `Order` is one of order.hpp, or anything that keeps their promise. All members but the destructor may be called by any
// thread at any time, but not from the copying, moving, comparing or destroying of an item: the mutex is held then.
template <class T, class Order>
class BasicQueue {
 public:
  // For at most `maxsize` items; any number if that is zero or less.
  explicit BasicQueue(std::ptrdiff_t maxsize = 0) : maxsize_(maxsize) {}

  // Adds an item, waiting for room if it must. In an unbounded queue, `block` and `timeout` mean nothing. An item given as
  // an rvalue is moved from only if it gets in.
  // Throws Full if there is no room and the call does not block (the timeout is ignored then) or the timeout ends; ShutDown
  // after shutdown, also when that comes while it waits; ValueError for a negative timeout, even if there is room.
  void put(T&& item, bool block = true, Timeout timeout = std::nullopt) {
    Guard guard{mutex_};
    if (shut_down_) throw ShutDown();
    if (maxsize_ > 0) await_room(block, timeout);
    items_.push(std::move(item));
    ++unfinished_;
    not_empty_.notify();
  }
  void put(const T& item, bool block = true, Timeout timeout = std::nullopt) { put(T(item), block, timeout); }

  // Removes and returns an item, waiting for one if it must.
  // Throws Empty if there is none and the call does not block (the timeout is ignored then) or the timeout ends; ShutDown if
  // there is none and the queue is shut down, also while it waits; ValueError for a negative timeout, even if there is one.
  T get(bool block = true, Timeout timeout = std::nullopt) {
    Guard guard{mutex_};
    await_item(block, timeout);
    T item = items_.pop();
    not_full_.notify();
    return item;
  }

  void put_nowait(T&& item) { put(std::move(item), false); }
  void put_nowait(const T& item) { put(item, false); }
  T get_nowait() { return get(false); }

  // Says that an item that was got has been worked on. Throws ValueError if that has been said of all items already.
  void task_done() {
    Guard guard{mutex_};
    if (unfinished_ == 0) throw ValueError("task_done() called too many times");
    --unfinished_;
    if (unfinished_ == 0) all_done_.notify_all();
  }

  // Waits for a moment at which every item put so far has been reported done: at once if there never was one. It does not
  // wait for a put that has not happened yet.
  void join() {
    Guard guard{mutex_};
    all_done_.wait_for([&] { return unfinished_ == 0; });
  }

  // From now on no put succeeds, and no get once the queue is empty; threads that wait find out. `immediate` also throws the
  // queue's items away and counts them as done; join still waits for those that were got before.
  void shutdown(bool immediate = false) {
    Guard guard{mutex_};
    shut_down_ = true;
    if (immediate) {
      unfinished_ -= std::min<std::size_t>(unfinished_, items_.size());
      items_.clear();
      all_done_.notify_all();
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  // Stale at once.
  std::size_t qsize() {
    Guard guard{mutex_};
    return items_.size();
  }
  bool empty() { return qsize() == 0; }
  bool full() {
    Guard guard{mutex_};
    return is_full();
  }
  std::size_t unfinished_tasks() {
    Guard guard{mutex_};
    return unfinished_;
  }

  // Python's programs may assign to maxsize at any time. A queue with more items than its new bound is full.
  void set_maxsize(std::ptrdiff_t maxsize) {
    Guard guard{mutex_};
    maxsize_ = maxsize;
    not_full_.notify_all();
  }

 private:
  // At least, not exactly: the bound may have shrunk below the size.
  bool is_full() const { return maxsize_ > 0 && std::cmp_greater_equal(items_.size(), maxsize_); }

  void await_room(bool block, Timeout timeout) {
    if (!may_wait(block, timeout)) {
      if (is_full()) throw Full();
      return;
    }
    if (!not_full_.wait_for([&] { return !is_full() || shut_down_; }, timeout)) throw Full();
    if (shut_down_) throw ShutDown();
  }

  void await_item(bool block, Timeout timeout) {
    if (shut_down_ && items_.size() == 0) throw ShutDown();
    if (!may_wait(block, timeout)) {
      if (items_.size() == 0) throw Empty();
      return;
    }
    if (!not_empty_.wait_for([&] { return items_.size() > 0 || shut_down_; }, timeout)) throw Empty();
    if (items_.size() == 0) throw ShutDown();
  }

  static bool may_wait(bool block, Timeout timeout) {
    if (block && timeout && *timeout < Seconds::zero()) throw ValueError("'timeout' must be a non-negative number");
    return block && timeout != Seconds::zero();
  }

  Lock mutex_;
  Condition not_empty_{mutex_};
  Condition not_full_{mutex_};
  Condition all_done_{mutex_};
  Order items_;
  std::ptrdiff_t maxsize_;
  std::size_t unfinished_ = 0;  // items put whose task_done has not been called
  bool shut_down_ = false;
};

template <class T>
using Queue = BasicQueue<T, FirstInFirstOut<T>>;

template <class T>
using LifoQueue = BasicQueue<T, LastInFirstOut<T>>;

template <class T, class Less = std::less<T>>
using PriorityQueue = BasicQueue<T, SmallestFirst<T, Less>>;

}  // namespace interleave
