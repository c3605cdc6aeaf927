// A list in the order of its elements, from which elements are often taken out, mostly near one of its ends: threads that can step,
// what they are about to do. What lies on the shorter side moves up; that needs no call of memmove, which lies behind a door.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace interleave::engine {

template <class T>
class OrderedList {
 public:
  OrderedList() { items_.reserve(256); }

  T* begin() { return items_.data() + first_; }
  T* end() { return items_.data() + items_.size(); }
  const T* begin() const { return items_.data() + first_; }
  const T* end() const { return items_.data() + items_.size(); }
  std::size_t size() const { return items_.size() - first_; }
  bool empty() const { return first_ == items_.size(); }
  T& operator[](std::size_t i) { return begin()[i]; }
  operator std::span<const T>() const { return {begin(), size()}; }

  void clear() {
    items_.clear();
    first_ = 0;
  }
  void push_back(const T& item) { items_.push_back(item); }
  void insert(T* place, const T& item) { items_.insert(items_.begin() + (place - items_.data()), item); }
  void take_out(T* place) {
    if (place - begin() <= end() - place) {
      for (T* const first = begin(); place != first; --place) {
        *place = place[-1];
        asm("" : "+r"(place));  // or else the compilers call memmove themselves
      }
      ++first_;
    } else {
      for (T* const last = end() - 1; place != last; ++place) {
        *place = place[1];
        asm("" : "+r"(place));
      }
      items_.pop_back();
    }
  }

 private:
  std::vector<T> items_;
  std::size_t first_ = 0;  // those before it were taken out
};

}  // namespace interleave::engine
