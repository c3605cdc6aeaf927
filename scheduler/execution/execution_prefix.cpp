// Prefix replay: the steps that an execution has in common with the execution before it. A search through a tree of executions begins most of
// them as it began the last one. The engine makes these steps from its record: the strategy is not asked, listeners are not told, candidates are not
// collected. The program runs as always, and what its threads are about to do is compared with the record.
#include "scheduler/execution/execution.hpp"

#include <cassert>

#include <fmt/format.h>

namespace interleave::engine {

void Execution::begin_prefix() {
  prefix_length_ = prefix_replay_->length();
  assert(prefix_length_ == 0 || prefix_length_ < made_.size());
  replaying_prefix_ = prefix_length_ > 0;
  records_ = prefix_replay_->wanted();
  if (replaying_prefix_) listener_ = nullptr;
  watching_ = !replaying_prefix_ && is_watching();
  attentive_ = watching_ || records_;
  if (!replaying_prefix_) made_.clear();
}

// Who makes the next step, if it is one that is made again; else all of them are made, and all that came of them.
Thread* Execution::replay_step() {
  if (point_.step == prefix_length_) {
    replaying_prefix_ = false;
    listener_ = strategy_listener_;
    watching_ = is_watching();
    attentive_ = watching_ || records_;
    return nullptr;
  }
  const Made& made = made_[point_.step++];
  Thread* next = made.thread < thread_count_ ? threads_[made.thread].get() : nullptr;
  if (next == nullptr || next->finished || next->awaiting || next->pending.type != made.type || next->pending.object != made.object)
      [[unlikely]]
    differs("a thread cannot do what it did under the same choices before");
  choices_.again(made.choices);
  next->variant = made.variant;
  point_.last = made.thread;
  return next;
}

// At the first choice after steps that were made again. What else could be chosen then is what it was.
void Execution::compare_with_last() {
  if (point_.fingerprint != made_[prefix_length_].fingerprint) [[unlikely]] differs("the program offers other candidates than under the same choices before");
  made_.shrink(static_cast<std::uint32_t>(prefix_length_));
}

void Execution::differs(const char* how) {
  fail("nondeterminism", fmt::format("at step {} {}: it {}", point_.step + !replaying_prefix_, how, depends_on_more));
}

}  // namespace interleave::engine
