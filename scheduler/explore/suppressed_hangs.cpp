// Deadlocks and livelocks that a suppression sets aside.
#include "scheduler/explore/explorer.hpp"

#include <span>
#include <vector>

#include "scheduler/explain/recorder.hpp"
#include "scheduler/memory/stack_walk.hpp"
#include "scheduler/report/suppressions.hpp"
#include "scheduler/strategies/replay.hpp"

namespace interleave::engine {
namespace {

// Of an execution that has ended: the stacks of its threads that had not, and what they wait for.
class Standing final : public ExecutionListener {
 public:
  void announced(const Execution&, const Thread& thread) override {
    if (stacks_.size() <= thread.id) stacks_.resize(thread.id + 1);
    stacks_[thread.id] = stack_here();
  }
  void ended(Execution& run, Ending) override {
    for (std::size_t id = 0; id < run.threads_created() && id < stacks_.size(); ++id) {
      const Thread& thread = run.thread(id);
      if (thread.finished || (thread.daemon && id != 0)) continue;
      stacks.push_back(stacks_[id]);
      if (thread.pending.type != nullptr && thread.pending.object != nullptr) objects.push_back(thread.pending.object);
    }
  }

  std::vector<std::span<const void* const>> stacks;
  std::vector<const void*> objects;  // that they wait for

 private:
  std::vector<std::vector<const void*>> stacks_;
};

}  // namespace

bool Explorer::hang_set_aside(const Execution& execution, const std::string& kind, bool comes_back) {
  if (!suppressions::meant_for(kind)) return false;
  Finding finding;
  finding.kind = kind;
  finding.choices = execution.outcome().choices.copy();
  finding.steps = execution.steps();
  finding.stopped = execution.has_stopped();
  finding.comes_back = comes_back;
  if (comes_back && !replaying_) show_cycle(finding);
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  Standing standing;
  Execution again(replay, execution_options(finding), {&standing});
  Violation violation;
  const Ending ending = run_once(again, violation, false);
  const bool hangs = ending == Ending::deadlock ? violation.kind == kind : comes_back && ending == Ending::redundant;
  return hangs && suppressions::set_aside({.kind = kind, .stacks = standing.stacks, .objects = standing.objects});
}

}  // namespace interleave::engine
