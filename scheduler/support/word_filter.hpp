// Words of memory that were met lately: a filter, not a set, that may forget a word but never invents one. Executions are short and many, so
// forgetting all words is one addition.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace interleave::engine {

template <std::size_t size>
class WordFilter {
 public:
  // Whether all of these bytes lie in one word that was met.
  bool contains(const void* p, std::size_t bytes) const {
    const auto at = reinterpret_cast<std::uintptr_t>(p);
    return at % 8 + bytes <= 8 && has(at / 8);
  }
  // Whether the word of *p was met, for an object of at most 8 bytes at its natural alignment; else false.
  template <class T>
  bool contains(const T* p) const {
    const auto at = reinterpret_cast<std::uintptr_t>(p);
    return sizeof(T) <= 8 && at % sizeof(T) == 0 && has(at / 8);
  }
  // A word is its address divided by 8.
  bool has(std::uintptr_t word) const { return words_[word % size] == word + generation_; }
  void add(std::uintptr_t word) { words_[word % size] = word + generation_; }
  void forget() {
    generation_ += generation;
    if (generation_ != 0) return;
    words_ = {};
    generation_ = generation;
  }

 private:
  static constexpr std::uintptr_t generation = std::uintptr_t{1} << 53;  // beyond all addresses of programs, divided by 8

  std::uintptr_t generation_ = generation;
  std::array<std::uintptr_t, size> words_{};  // each with the generation that it was met in
};

}  // namespace interleave::engine
