// A list in the order of its elements, from which elements are often taken out, and put back, mostly near one of its ends: threads
// that can step, what they are about to do. What lies on the shorter side moves; that needs no call of memmove, which lies behind a
// door.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace interleave::engine {

template <class T>
class OrderedList {
 public:
  OrderedList() : items_(256) { clear(); }
  OrderedList(const OrderedList&) = delete;
  OrderedList& operator=(const OrderedList&) = delete;

  T* begin() { return first_; }
  T* end() { return end_; }
  const T* begin() const { return first_; }
  const T* end() const { return end_; }
  std::size_t size() const { return static_cast<std::size_t>(end_ - first_); }
  bool empty() const { return first_ == end_; }
  T& operator[](std::size_t i) { return first_[i]; }

  void clear() { first_ = end_ = items_.data(); }
  void push_back(const T& item) {
    if (end_ == items_.data() + items_.size()) [[unlikely]] grow();
    *end_++ = item;
  }
  void insert(T* place, const T& item) {
    if (first_ != items_.data() && place - begin() <= end() - place) {
      for (T* to = --first_; to + 1 != place; ++to) {
        *to = to[1];
        asm("" : "+r"(to));
      }
      place[-1] = item;
      return;
    }
    const std::ptrdiff_t at = place - first_;
    push_back(item);
    place = end_ - 1;
    for (T* const wanted = first_ + at; place != wanted; --place) {
      *place = place[-1];
      asm("" : "+r"(place));
    }
    *place = item;
  }
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
      --end_;
    }
  }

 private:
  __attribute__((noinline)) void grow() {
    const std::ptrdiff_t first = first_ - items_.data(), end = end_ - items_.data();
    items_.resize(items_.size() * 2);
    first_ = items_.data() + first;
    end_ = items_.data() + end;
  }

  std::vector<T> items_;  // all that there is room for
  T *first_, *end_;       // those in use
};

}  // namespace interleave::engine
