// In which order a queue gives back its items: what Python's queues leave to _put, _get and _qsize.
//
// Each is a container with push, pop, size and clear. All keep this promise: a push or pop that fails because an item could
// not be copied, moved, compared or allocated leaves as many items as before. Not thread-safe; a queue holds its mutex.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace interleave {

// First in, first out.
template <class T>
class FirstInFirstOut {
 public:
  void push(T&& item) { items_.push_back(std::move(item)); }

  // REQUIRES: size() > 0.
  T pop() {
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

  std::size_t size() const { return items_.size(); }
  void clear() noexcept { items_.clear(); }

 private:
  std::deque<T> items_;
};

// Last in, first out.
template <class T>
class LastInFirstOut {
 public:
  void push(T&& item) { items_.push_back(std::move(item)); }

  // REQUIRES: size() > 0.
  T pop() {
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }

  std::size_t size() const { return items_.size(); }
  void clear() noexcept { items_.clear(); }

 private:
  std::vector<T> items_;
};

// Smallest first; equal items in any order. A binary heap whose operations make all their comparisons before they move
// anything: std::push_heap would leave a hollow item behind when a comparison throws. Cost: O(log size) per operation.
template <class T, class Less = std::less<T>>
class SmallestFirst {
 public:
  void push(T&& item) {
    std::size_t place = items_.size();
    while (place > 0 && less_(item, items_[parent(place)])) place = parent(place);
    items_.push_back(std::move(item));
    for (std::size_t at = items_.size() - 1; at != place; at = parent(at)) std::swap(items_[at], items_[parent(at)]);
  }

  // REQUIRES: size() > 0.
  T pop() {
    // The last item will fill the hole at the top: find the way along which it sinks.
    const std::size_t last = items_.size() - 1;
    std::array<std::size_t, std::numeric_limits<std::size_t>::digits> way;
    std::size_t steps = 0;
    for (std::size_t child = 1; child < last; child = 2 * child + 1) {
      if (child + 1 < last && less_(items_[child + 1], items_[child])) ++child;
      if (!less_(items_[child], items_[last])) break;
      way[steps++] = child;
    }
    T smallest = std::move(items_.front());
    std::size_t hole = 0;
    for (std::size_t i = 0; i < steps; hole = way[i++]) items_[hole] = std::move(items_[way[i]]);
    if (hole != last) items_[hole] = std::move(items_[last]);
    items_.pop_back();
    return smallest;
  }

  std::size_t size() const { return items_.size(); }
  void clear() noexcept { items_.clear(); }

 private:
  static constexpr std::size_t parent(std::size_t child) { return (child - 1) / 2; }

  std::vector<T> items_;  // the children of item i are items 2i+1 and 2i+2, and neither is smaller
  [[no_unique_address]] Less less_;
};

}  // namespace interleave
