#include "scheduler/memory/shared_words.hpp"

#include <cassert>

namespace interleave::engine {

void SharedWords::cover(std::uintptr_t base, std::size_t slot, std::size_t stacks) {
  assert(base % sizeof(std::uintptr_t) == 0 && slot % sizeof(std::uintptr_t) == 0 && slot > 0);
  base_ = base;
  slot_ = slot;
  nothing_.assign(slot / sizeof(std::uintptr_t) / 64 + 1, 0);
  bits_.assign(stacks, nothing_.data());
  own_.assign(stacks, {});
}

void SharedWords::add(const void* p, std::size_t size) {
  const auto begin = reinterpret_cast<std::uintptr_t>(p);
  assert(begin >= base_ && begin + size <= base_ + slot_ * own_.size());
  for (std::uintptr_t at = begin & ~std::uintptr_t{7}; at < begin + size; at += sizeof at) {
    const std::size_t stack = (at - base_) / slot_, word = (at - base_) % slot_ / sizeof at;
    recent_.add(at / 8);
    std::vector<std::uint64_t>& bits = own_[stack];
    if (bits.empty()) {
      bits.resize(nothing_.size());
      bits_[stack] = bits.data();
    }
    if (bits[word / 64] == 0) set_.emplace_back(stack, word / 64);
    bits[word / 64] |= std::uint64_t{1} << word % 64;
  }
}

void SharedWords::clear() {
  if (set_.empty()) return;
  for (const auto& [stack, word] : set_) own_[stack][word] = 0;
  set_.clear();
  recent_.forget();
}

}  // namespace interleave::engine
