#include "scheduler/execution/candidate_set.hpp"

#include <algorithm>

namespace interleave::engine {

// Adds the one candidate of `thread` to the list. REQUIRES: the list is valid, and `thread` has no candidate in it.
void CandidateSet::offer(Thread& thread) {
  const Candidate candidate{thread.id, 0, &thread.pending};
  if (candidates_.empty() || candidates_.end()[-1].thread < thread.id) {
    candidates_.push_back(candidate);
  } else {
    const auto behind = [&](const Candidate& c) { return c.thread > thread.id; };
    candidates_.insert(std::find_if(candidates_.begin(), candidates_.end(), behind), candidate);
  }
  point.enabled = candidates_;
  ++point.threads;
  point.fingerprint ^= thread.fingerprint;
  thread.offered = 1;
}

// Takes the one candidate of `thread` out of the list. REQUIRES: the list is valid, and `thread` has exactly one candidate in it.
void CandidateSet::withdraw(Thread& thread) {
  candidates_.take_out(std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& c) { return c.thread == thread.id; }));
  point.enabled = candidates_;
  --point.threads;
  point.fingerprint ^= thread.fingerprint;
  thread.offered = 0;
}

// Asks the threads with conditional operations anew; all other candidates have stayed as they were. False: `collect` is less work.
bool CandidateSet::ask_again(const Execution& run) {
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

void CandidateSet::dismiss(Thread& thread) {
  live_.take_out(std::find(live_.begin(), live_.end(), &thread));
  if (thread.conditional) depends_on_state(thread, false);
  if (valid_ && thread.offered != 0) {  // one, or else they would not be
    withdraw(thread);
    if (candidates_.empty()) changed();
  }
  thread.offered = 0;
  thread.fingerprinted = nullptr;  // so that all is counted again when it is back
}

void CandidateSet::admit(Thread& thread) {
  live_.insert(std::upper_bound(live_.begin(), live_.end(), &thread, [](Thread* a, Thread* b) { return a->id < b->id; }), &thread);
  changed();
}

}  // namespace interleave::engine
