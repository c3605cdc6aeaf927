// The choices of an execution at points with more than one candidate, in order. They live in a mapping that survives the
// process, and are all that is recorded while exploring.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace interleave::engine {

// Choices of an execution, one after the other, in a mapping that processes which are forked later share.
struct ChoiceList {
  static constexpr std::size_t capacity = std::size_t{1} << 26;
  static constexpr std::size_t all = ~std::size_t{0};
  std::size_t size, kept;  // those behind the first `kept` do not count
  std::uint32_t entries[capacity];

  // What the next Choices use: a list that is mapped for ever, unless others use it already. Null: there is none.
  struct Offer {
    ChoiceList* list = nullptr;
    bool        in_use = false;
  };

  // Throws std::bad_alloc.
  static ChoiceList* map();
  // Returns the offer that this one replaces. REQUIRES, to offer that one again: all Choices that were made meanwhile are gone.
  static Offer offer(Offer);
};

class Choices {
 public:
  Choices();  // throws std::bad_alloc
  ~Choices();
  Choices(const Choices&) = delete;
  Choices& operator=(const Choices&) = delete;

  static std::uint32_t taken(std::uint32_t entry) { return entry & 0xffffff; }
  static std::uint32_t check(std::uint32_t entry) { return entry >> 24; }  // of the candidates' fingerprint

  void clear() {
    list_.size = 0;
    list_.kept = ChoiceList::all;
  }
  // Ends the recording: copy() leaves out what is pushed from now on.
  void keep() { list_.kept = list_.size; }
  bool full() const { return list_.size == ChoiceList::capacity; }
  void push(std::size_t taken, std::uint32_t fingerprint) {
    list_.entries[list_.size] = static_cast<std::uint32_t>(taken) | fingerprint << 24;
    ++list_.size;  // afterwards: the process may end in between
  }
  std::size_t size() const { return list_.size; }
  // The first `size` choices of the execution before stand for this execution, too (prefix replay).
  void again(std::size_t size) { list_.size = size; }
  std::vector<std::uint32_t> copy() const { return {list_.entries, list_.entries + std::min(list_.size, list_.kept)}; }
  // All choices, including those that were pushed after the recording had ended.
  std::vector<std::uint32_t> copy_all() const { return {list_.entries, list_.entries + list_.size}; }

 private:
  ChoiceList& list_;
};

}  // namespace interleave::engine
