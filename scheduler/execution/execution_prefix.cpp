// Prefix replay: the steps that an execution has in common with the execution before it. A search through a tree of executions begins most of
// them as it began the last one. The engine makes these steps from its record: the strategy is not asked, listeners are not told, candidates are not
// collected. The program runs as always, and what its threads are about to do is compared with the record.
#include "scheduler/execution/execution.hpp"

#include <fmt/format.h>

namespace interleave::engine {

// Who makes the next step, if it is one that is made again; else all of them are made, and all that came of them.
Thread* Execution::replay_step() {
  ChoicePoint& point = candidates_.point;
  if (point.step == prefix_.length()) {
    prefix_.end_of_prefix();
    listeners_.resume(prefix_.records());
    return nullptr;
  }
  const PrefixRecord::Made& made = prefix_.made(point.step++);
  Thread* next = made.thread < thread_count_ ? threads_[made.thread].get() : nullptr;
  if (next == nullptr || next->finished || next->awaiting || next->pending.type != made.type || next->pending.object != made.object)
      [[unlikely]]
    differs("a thread cannot do what it did under the same choices before");
  outcome_.choices.again(made.choices);
  next->variant = made.variant;
  point.last = made.thread;
  return next;
}

void Execution::differs(const char* how) {
  fail("nondeterminism", fmt::format("at step {} {}: it {}", steps() + !prefix_.replaying(), how, depends_on_more));
}

}  // namespace interleave::engine
