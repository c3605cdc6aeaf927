// A vector of plain values that counts its elements. std::vector keeps pointers and divides to learn how many there are, which for elements
// whose size is no power of two is a multiplication each time; and what is appended at each step should be put where it belongs at once.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace interleave::engine {

template <class T>
class PodVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return items_.get(); }
  T& operator[](std::size_t i) { return items_[i]; }
  const T& operator[](std::size_t i) const { return items_[i]; }
  T& back() { return items_[size_ - 1]; }

  // Appends an element, and returns it; what it holds is to be written.
  T& append() {
    if (size_ == capacity_) [[unlikely]] grow();
    return items_[size_++];
  }
  void pop_back() { --size_; }
  // REQUIRES: size <= size().
  void shrink(std::uint32_t size) {
    assert(size <= size_);
    size_ = size;
  }
  void clear() { size_ = 0; }

 private:
  __attribute__((noinline)) void grow() {
    const std::uint32_t capacity = capacity_ == 0 ? 64 : capacity_ * 2;
    std::unique_ptr<T[]> items = std::make_unique_for_overwrite<T[]>(capacity);
    for (std::uint32_t i = 0; i < size_; ++i) items[i] = items_[i];
    items_ = std::move(items);
    capacity_ = capacity;
  }

  std::unique_ptr<T[]> items_;
  std::uint32_t size_ = 0, capacity_ = 0;
};

}  // namespace interleave::engine
