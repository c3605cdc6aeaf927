#include "scheduler/explore/cycle_analysis.hpp"

#include <set>
#include <tuple>
#include <utility>

#include "scheduler/strategies/prefix_strategy.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine {
namespace {

constexpr std::uint64_t walks = 4, walk_steps = 2'000;
constexpr std::uint64_t visit_steps = 2'000'000;  // of all executions together
constexpr std::size_t ends_max = std::size_t{1} << 20, given_up_max = 4;

using Known = std::unordered_set<StateHash, StateHash::Hash>;

class Walk final : public PrefixStrategy {
 public:
  Walk(const std::vector<std::uint32_t>& choices, std::uint64_t steps, std::uint64_t seed, const Known& ends, const Known& never)
      : PrefixStrategy(choices, steps), random_(seed), ends_(ends), never_(never) {}
  const std::vector<StateHash>& states() const { return states_; }
  // Where it is known whether it ends.
  bool found_end() const { return found_end_; }
  bool found_none() const { return found_none_; }

 private:
  std::size_t after_prefix(const ChoicePoint& at, const StateHash& state) override {
    found_end_ = ends_.contains(state);
    found_none_ = states_.empty() && never_.contains(state);
    if (found_end_ || found_none_) return prune;
    states_.push_back(state);
    return random_.below(at.enabled.size());
  }

  Random random_;
  const Known &ends_, &never_;
  std::vector<StateHash> states_;
  bool found_end_ = false, found_none_ = false;
};

// Notes who made the steps.
class Record final : public PrefixStrategy {
 public:
  using PrefixStrategy::PrefixStrategy;
  struct Made {
    std::uint32_t thread, variant;
  };
  const std::vector<Made>& steps() const { return steps_; }

 private:
  std::size_t after_prefix(const ChoicePoint&, const StateHash&) override { return prune; }
  void made(const Candidate& candidate) override { steps_.push_back({candidate.thread, candidate.variant}); }

  std::vector<Made> steps_;
};

// Makes these steps, and then one of each thread in turn.
class InTurn final : public Leaf {
 public:
  explicit InTurn(const std::vector<Record::Made>& steps) : steps_(steps) {}

  bool begin_execution() override { return true; }
  std::size_t choose(const ChoicePoint& at) override {
    if (at.step <= steps_.size()) {
      const Record::Made step = steps_[at.step - 1];
      for (std::size_t i = 0; i < at.enabled.size(); ++i)
        if (at.enabled[i].thread == step.thread && at.enabled[i].variant == step.variant) return i;
      throw Divergence("the program does something else under the same choices");
    }
    const StateHash state = *view_->state();  // of a program without counters
    if (!seen_.emplace(state.a, state.b, at.last).second) return prune;
    for (std::size_t i = 0; i < at.enabled.size(); ++i)
      if (at.enabled[i].thread > at.last) return i;
    return 0;
  }
  std::string spec() const override { return "in turn"; }

 private:
  const std::vector<Record::Made>& steps_;
  std::set<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>> seen_;
};

// Depth first; `path_` as in strategies/dfs.cpp.
class Visit final : public PrefixStrategy {
 public:
  using PrefixStrategy::PrefixStrategy;
  const Known& visited() const { return visited_; }

  bool begin_execution() override {
    PrefixStrategy::begin_execution();
    depth_ = 0;
    if (!std::exchange(started_, true)) return true;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().enabled) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  std::size_t after_prefix(const ChoicePoint& at, const StateHash& state) override {
    if (depth_ == path_.size()) {
      if (!visited_.insert(state).second) return prune;
      path_.push_back({.taken = 0, .enabled = at.enabled.size()});
    }
    return path_[depth_++].taken;
  }

  struct Choice {
    std::size_t taken, enabled;
  };
  std::vector<Choice> path_;
  Known visited_;
  std::size_t depth_ = 0;
  bool started_ = false;
};

}  // namespace

CycleAnalysis::Answer CycleAnalysis::classify(const std::vector<std::uint32_t>& choices, std::uint64_t steps, const Execute& execute) {
  for (std::uint64_t seed = 1; seed <= walks; ++seed)
    if (const Answer answer = walk(choices, steps, seed, execute); answer != Answer::unknown) return answer;
  if (given_up_ == given_up_max) return Answer::unknown;
  const Answer answer = visit_all(choices, steps, execute);
  given_up_ += answer == Answer::unknown;
  return answer;
}

void CycleAnalysis::exhibit(const std::vector<std::uint32_t>& choices, std::uint64_t steps, const Execute& execute) {
  Record record(choices, steps);
  record.begin_execution();
  execute(record, steps, 0);
  InTurn in_turn(record.steps());
  execute(in_turn, 0, 0);
}

CycleAnalysis::Answer CycleAnalysis::walk(const std::vector<std::uint32_t>& choices, std::uint64_t steps, std::uint64_t seed, const Execute& execute) {
  Walk walk(choices, steps, seed, ends_, never_);
  walk.begin_execution();
  const Ending ending = execute(walk, steps, steps + walk_steps);
  if (walk.found_none()) return Answer::never;
  if (!walk.found_end() && (ending == Ending::cut || ending == Ending::redundant)) return Answer::unknown;
  if (ends_.size() < ends_max) ends_.insert(walk.states().begin(), walk.states().end());
  return Answer::ends;
}

CycleAnalysis::Answer CycleAnalysis::visit_all(const std::vector<std::uint32_t>& choices, std::uint64_t steps, const Execute& execute) {
  Visit visit(choices, steps);
  for (std::uint64_t made = 0; made < visit_steps; made += steps + 1) {
    if (!visit.begin_execution()) {
      never_.insert(visit.visited().begin(), visit.visited().end());
      return Answer::never;
    }
    const Ending ending = execute(visit, steps, steps + walk_steps);
    if (ending == Ending::cut) break;
    if (ending != Ending::redundant) return Answer::ends;
  }
  return Answer::unknown;
}

}  // namespace interleave::engine
