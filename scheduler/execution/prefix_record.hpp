// The steps of an execution, recorded so that the execution after it can make those again that it has in common with it (PrefixReplay).
#pragma once

#include <cassert>
#include <cstdint>

#include "scheduler/model/operation.hpp"
#include "scheduler/model/strategy.hpp"
#include "scheduler/support/pod_vector.hpp"

namespace interleave::engine {

class PrefixRecord {
 public:
  struct Made {
    const OperationType* type;
    const void*   object;
    std::uint32_t thread, variant;
    std::uint32_t choices;          // that were recorded, with it
    std::uint32_t fingerprint;      // of the candidates that it was chosen from
  };

  // An execution begins: its first `length` steps are those of the execution before. `records`: its steps will be asked for.
  void begin(std::uint64_t length, bool records) {
    assert(length == 0 || length < made_.size());
    length_ = length;
    replaying_ = length > 0;
    records_ = records;
    if (!replaying_) made_.clear();
  }
  bool replaying() const { return replaying_; }
  bool records() const { return records_; }
  std::uint64_t length() const { return length_; }
  const Made& made(std::uint64_t step) const { return made_[step]; }
  void end_of_prefix() { replaying_ = false; }

  // Adds a step. REQUIRES: records().
  void add(const Candidate& chosen, std::uint32_t choices, std::uint32_t fingerprint) {
    made_.append() = {.type = chosen.operation->type, .object = chosen.operation->object, .thread = chosen.thread, .variant = chosen.variant,
                      .choices = choices, .fingerprint = fingerprint};
  }
  // The record is this execution's from here on: what the one before did behind the common steps is forgotten. Returns false if the
  // program offers other candidates than it did.
  bool take_over(std::uint32_t fingerprint) {
    if (fingerprint != made_[length_].fingerprint) return false;
    made_.shrink(static_cast<std::uint32_t>(length_));
    return true;
  }

 private:
  PodVector<Made> made_;         // by this execution; while steps are made again, by the one before
  std::uint64_t length_ = 0;
  bool replaying_ = false, records_ = false;
};

}  // namespace interleave::engine
