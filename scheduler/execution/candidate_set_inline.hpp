// The part of CandidateSet that the path of a step runs through: included by execution.cpp alone, which inlines it.
#pragma once

#include <algorithm>

#include "scheduler/execution/candidate_set.hpp"
#include "scheduler/execution/execution.hpp"

namespace interleave::engine {

inline void CandidateSet::collect(const Execution& run) {
  candidates_.clear();
  std::uint32_t threads = 0, fingerprint = 0;
  for (Thread* thread : live_) {
    const OperationType& type = *thread->pending.type;
    if (thread->fingerprinted != &type) [[unlikely]] announced(*thread);  // another thread has announced it, by waking this one
    const std::uint32_t n = type.candidates == nullptr ? 1 : type.candidates(run, *thread);
    thread->offered = n;
    if (n == 0) continue;
    ++threads;
    candidates_.push_back({thread->id, 0, &thread->pending});
    fingerprint ^= thread->fingerprint;
    for (std::uint32_t variant = 1; variant < n; ++variant) {
      candidates_.push_back({thread->id, variant, &thread->pending});
      fingerprint ^= fingerprint_of(*thread, variant);
    }
  }
  point.enabled = candidates_;
  point.threads = threads;
  point.fingerprint = fingerprint;
  valid_ = true;
}

}  // namespace interleave::engine
