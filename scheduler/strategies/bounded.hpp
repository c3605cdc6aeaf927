// What bounded searches share: a wrapper that shows the strategy it holds only what the bound leaves, for one bound after the
// other.
//
// A schedule that an earlier, smaller bound allowed is run again with each larger one, and then counts as redundant.
//
// Not forwarded, beside what a bound is there to change:
//
//   * opened: how much a larger bound leaves is not known before
//   * prefix_replay: the bound is kept by what each choice costs, so `choose` must be asked for every step
//   * Traits::recognizes_states: where an execution comes back to a state, another thread may have made the last step than before. What was
//     a preemption then is none now, so more can be reached within the bound, and the execution must not be pruned
#pragma once

#include <cassert>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/model/wrapper.hpp"

namespace interleave::engine {

class Bounded : public Wrapper {
 public:
  // `again` makes the strategy that is wrapped, for each bound anew.
  // The name is what is counted: "preemptions".
  Bounded(std::string name, std::unique_ptr<Strategy> inner, std::optional<std::uint64_t> most)
      : Wrapper(std::move(inner)), name_(std::move(name)), most_(most) {
    if (const Traits of_inner = this->inner().traits(); of_inner.reduces || !of_inner.exhaustive)
      throw UsageError(fmt::format("strategy '{0}' bounds a search that leaves nothing out, which '{1}' is not: write {0}/dfs", name_,
                                   this->inner().spec()));
  }

  bool begin_execution() final {
    cost_ = 0;
    while (!inner().begin_execution()) {
      completed_ = bound_;
      if (!pruned_ || (most_ && bound_ == *most_)) return false;
      ++bound_;
      pruned_ = false;
      hold(make_strategy(inner().spec(), 0));
    }
    return true;
  }

  std::size_t choose(const ChoicePoint& at) final {
    shown_.clear();
    indices_.clear();
    std::uint32_t threads = 0;
    for (std::size_t i = 0; i < at.enabled.size(); ++i) {
      if (cost_ + cost(at, i) > bound_) {
        pruned_ = true;
        continue;
      }
      threads += shown_.empty() || shown_.back().thread != at.enabled[i].thread;
      shown_.push_back(at.enabled[i]);
      indices_.push_back(i);
    }
    assert(!shown_.empty());  // one candidate costs nothing
    const std::size_t index = pruned_or_index(inner().choose({shown_, threads, at.last, at.step, at.fingerprint}));
    if (index == prune) return prune;
    cost_ += cost(at, index);
    return index;
  }

  Traits traits() const final {
    Traits traits = inner().traits();
    traits.exhaustive = false;  // known only at the end
    traits.ends = true;
    traits.recognizes_states = false;
    return traits;
  }
  std::span<const std::uint32_t> opened() final { return {}; }
  bool redundant() const final { return cost_ < bound_ || inner().redundant(); }
  // Complete where nothing was left out: the bound made no difference.
  Coverage coverage() const final {
    const std::string unit = name_.substr(0, name_.size() - (completed_ == 1));
    return {.complete = !pruned_ && inner().coverage().complete,
            .statement = completed_ ? fmt::format("every schedule with at most {} {}", *completed_, unit) : "no bound was completed"};
  }
  Recipe recipe() const final {
    Recipe recipe = inner().recipe();
    recipe.spec = prefix() + recipe.spec;
    return recipe;
  }
  std::string spec() const final { return prefix() + inner().spec(); }
  PrefixReplay* prefix_replay() final { return nullptr; }

 protected:
  // What it costs to take a candidate. 0 for at least one of them.
  virtual std::uint64_t cost(const ChoicePoint& at, std::size_t candidate) = 0;

 private:
  std::string prefix() const { return fmt::format("{}{}/", name_, most_ ? fmt::format(":bound={}", *most_) : ""); }
  std::size_t pruned_or_index(std::size_t shown) const { return shown == prune ? prune : indices_[shown]; }

  std::string name_;
  std::optional<std::uint64_t> most_, completed_;
  std::uint64_t bound_ = 0, cost_ = 0;
  bool pruned_ = false;
  std::vector<Candidate> shown_;
  std::vector<std::size_t> indices_;
};

}  // namespace interleave::engine
