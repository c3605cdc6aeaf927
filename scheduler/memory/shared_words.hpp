#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "scheduler/support/word_filter.hpp"

namespace interleave::engine {

// The words of the stacks of modelled threads that other threads than the owner have written in this execution. One bit a word; the
// question whether a word is one of them is asked at every write to a stack, and costs two loads.
class SharedWords {
 public:
  // REQUIRES: the stacks lie from `base` on, `stacks` of them, each at a multiple of `slot` bytes.
  void cover(std::uintptr_t base, std::size_t slot, std::size_t stacks);
  // REQUIRES: all of it lies in stacks.
  void add(const void* p, std::size_t size);
  // Whether all of it was added lately.
  bool knows(const void* p, std::size_t size) const { return recent_.contains(p, size); }
  // REQUIRES: stack < stacks, offset < slot.
  bool contains(std::size_t stack, std::size_t offset) const {
    const std::size_t word = offset / sizeof(std::uintptr_t);
    return (bits_[stack][word / 64] >> word % 64 & 1) != 0;
  }
  // REQUIRES: `p` lies in one of the stacks.
  bool contains(const void* p) const {
    if (set_.empty()) return false;
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(p) - base_;
    return contains(offset / slot_, offset % slot_);
  }
  void clear();

 private:
  std::uintptr_t base_ = 0;
  std::size_t slot_ = 1;
  WordFilter<64> recent_;  // that were added
  std::vector<const std::uint64_t*> bits_;  // of each stack
  std::vector<std::uint64_t> nothing_;      // of a stack that nobody else has written to
  std::vector<std::vector<std::uint64_t>> own_;  // of all others; empty: none
  std::vector<std::pair<std::size_t, std::size_t>> set_;  // which elements of these vectors are not 0
};

}  // namespace interleave::engine
