// The choices of an execution at points with more than one candidate, in order. They live in a mapping that survives the
// process, and are all that is recorded while exploring.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "scheduler/containment/witness.hpp"

namespace interleave::engine {

class Choices {
 public:
  Choices() : shared_(*witness::take_choices()) { clear(); }
  ~Choices() { witness::give_back(&shared_); }
  Choices(const Choices&) = delete;
  Choices& operator=(const Choices&) = delete;

  static std::uint32_t taken(std::uint32_t entry) { return entry & 0xffffff; }
  static std::uint32_t check(std::uint32_t entry) { return entry >> 24; }  // of the candidates' fingerprint

  void clear() {
    shared_.size = 0;
    shared_.kept = witness::Choices::all;
  }
  // What is pushed from here on is not part of the recording.
  void keep() { shared_.kept = shared_.size; }
  bool full() const { return shared_.size == witness::Choices::capacity; }
  void push(std::size_t taken, std::uint32_t fingerprint) {
    shared_.entries[shared_.size] = static_cast<std::uint32_t>(taken) | fingerprint << 24;
    ++shared_.size;  // afterwards: the process may end in between
  }
  std::size_t size() const { return shared_.size; }
  // Of the recording before, so many are made again.
  void again(std::size_t size) { shared_.size = size; }
  std::vector<std::uint32_t> copy() const { return {shared_.entries, shared_.entries + std::min(shared_.size, shared_.kept)}; }
  // As copy, and the choices that were pushed after the recording had ended as well.
  std::vector<std::uint32_t> copy_all() const { return {shared_.entries, shared_.entries + shared_.size}; }

 private:
  witness::Choices& shared_;
};

}  // namespace interleave::engine
