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

// Asks the threads with conditional operations anew; all other candidates have stayed as they were. False: `collect` is less work.
inline bool CandidateSet::ask_again(const Execution& run) {
  if (conditional_ * 4 > live_.size() + 3) return false;
  std::size_t left = conditional_;
  for (auto at = live_.begin(); left != 0; ++at) {
    Thread* const thread = *at;
    if (!thread->conditional) continue;
    --left;
    const OperationType& type = *thread->pending.type;
    const std::uint32_t n = type.candidates == nullptr ? 1 : type.candidates(run, *thread);
    if ((n | thread->offered) > 1) return false;
    if (n == thread->offered) continue;
    if (n == 1) {
      offer(*thread);
    } else {
      withdraw(*thread);
    }
  }
  return !candidates_.empty();
}

}  // namespace interleave::engine
