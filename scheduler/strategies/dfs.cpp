// Depth-first enumeration of every schedule.
//
// path_ remembers, for each choice of the last execution, which candidate was taken and out of how many:
//
//     taken    0 2 1
//     enabled  2 3 2
//
// The next execution repeats the longest prefix whose last choice can still be increased. A repeated prefix must offer the
// same candidates as before; if it does not, the program depends on something that the model does not control. Its steps are made again
// by the engine, where it can.
//
// Where states are kept, an execution that comes back to a state that it was in goes no further: what can be reached from there
// was reachable before, by a shorter execution. Modulo counters (loop_counters.hpp), it may come back more often.
//
// run_on=1: executions that fail go on, as those of a strategy that reduces do, so that both can be compared.
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scheduler/model/strategy_registry.hpp"

namespace interleave::engine {
namespace {

class Dfs final : public Leaf, private PrefixReplay {
 public:
  explicit Dfs(bool runs_on) : runs_on_(runs_on) {}

  bool begin_execution() override {
    depth_ = 0;
    prefix_ = 0;
    known_ = path_.size();
    seen_.clear();
    seen_modulo_counters_.clear();
    // Blocks that an execution left behind push those of the next one to other addresses.
    const std::uintptr_t heap = replays_ ? view_->heap() : 0;
    const bool moved = std::exchange(heap_, heap) != heap;
    if (!std::exchange(started_, true)) return true;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().enabled) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    known_ = path_.size();
    if (replays_ && std::exchange(ended_, false) && !moved) {
      prefix_ = path_.back().step;
      if (prefix_ > 0) depth_ = path_.size() - 1;
    }
    return true;
  }

  std::size_t choose(const ChoicePoint& at) override {
    if (states_ != nullptr && has_come_back() && depth_ == path_.size()) return prune;
    const auto enabled = static_cast<std::uint32_t>(at.enabled.size());
    if (enabled == 1) return 0;
    if (depth_ == path_.size()) {
      path_.push_back({.step = at.step - 1, .taken = 0, .enabled = enabled, .fingerprint = at.fingerprint});
    } else if (path_[depth_].enabled != enabled || path_[depth_].fingerprint != at.fingerprint) {
      throw Divergence(fmt::format(
          "at step {} the program offers {} candidates where it offered {} under the same choices before, or other ones: it {}",
          at.step, enabled, path_[depth_].enabled, depends_on_more));
    }
    return path_[depth_++].taken;
  }

  void end_execution(Ending ending) override {
    ended_ = true;
    if (depth_ < path_.size() && ending != Ending::failed)
      throw Divergence(fmt::format("after {} choices the program ends where it went on under the same choices before: it {}", depth_,
                                   depends_on_more));
  }

  Traits traits() const override {
    return {.exhaustive = true, .ends = true, .reduces = false, .runs_on = runs_on_, .recognizes_states = true};
  }
  void attach(const ExecutionView& view) override {
    Leaf::attach(view);
    states_ = view.state() != nullptr ? &view : nullptr;
    replays_ = ended_ = false;
  }
  std::span<const std::uint32_t> opened() override {
    opened_.clear();
    for (std::size_t i = known_; i < path_.size(); ++i)
      opened_.insert(opened_.end(), path_[i].enabled - 1, static_cast<std::uint32_t>(path_[i].step));
    return opened_;
  }
  PrefixReplay* prefix_replay() override { return this; }
  std::string spec() const override { return runs_on_ ? "dfs:run_on=1" : "dfs"; }

 private:
  void available() override { replays_ = true; }
  bool wanted() const override { return replays_; }
  std::uint64_t length() const override { return prefix_; }

  bool has_come_back() {
    const bool counted = states_->counts() && ++seen_modulo_counters_[states_->state_modulo_counters()] > states_->counted_rounds();
    return !seen_.insert(*states_->state()).second || counted;
  }

  struct Choice {
    std::uint64_t step;                            // how many were made before
    std::uint32_t taken, enabled, fingerprint;
  };
  const bool runs_on_;
  std::vector<Choice> path_;
  std::size_t depth_ = 0;
  std::size_t known_ = 0;                          // how many of them the execution under way has not added
  std::vector<std::uint32_t> opened_;              // scratch
  const ExecutionView* states_ = nullptr;              // of the execution under way, if they are kept
  std::unordered_set<StateHash, StateHash::Hash> seen_;  // in this execution
  std::unordered_map<StateHash, std::size_t, StateHash::Hash> seen_modulo_counters_;  // how often
  bool started_ = false;
  bool replays_ = false, ended_ = false;           // an execution has ended, since `attach`
  std::uint64_t prefix_ = 0;                       // steps that the engine makes again
  std::uintptr_t heap_ = 0;                        // where it begins
};

const Registration dfs{"dfs", "every interleaving, once, depth first",
                       {{"run_on", "1: executions that fail go on, as those of dpor do; otherwise 0", 0, 1}}, false,
                       [](const Arguments& arguments, std::unique_ptr<Strategy>) {
                         return std::make_unique<Dfs>(arguments.number("run_on", 0) != 0);
                       }};

}  // namespace
}  // namespace interleave::engine
