// What bounded searches share: a wrapper that shows the strategy it holds only what the bound leaves, for one bound after the
// other.
//
// A schedule that an earlier, smaller bound allowed is run again with each larger one, and then counts as redundant.
#pragma once

#include <utility>
#include <vector>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/model/strategy.hpp"

namespace interleave::engine {

class Bounded : public Strategy {
 public:
  // `again` makes the strategy that is wrapped, for each bound anew.
  // The name is what is counted: "preemptions".
  Bounded(std::string name, std::unique_ptr<Strategy> inner, std::optional<std::uint64_t> most)
      : name_(std::move(name)), inner_(std::move(inner)), most_(most) {
    if (inner_->reduces() || !inner_->exhaustive() || !inner_->covered().empty())
      throw UsageError(fmt::format("strategy '{0}' bounds a search that leaves nothing out, which '{1}' is not: write {0}/dfs", name_,
                                   inner_->resolved()));
  }

  bool begin_execution() final {
    cost_ = 0;
    while (!inner_->begin_execution()) {
      completed_ = bound_;
      if (!pruned_ || (most_ && bound_ == *most_)) return false;
      ++bound_;
      pruned_ = false;
      inner_ = make_strategy(inner_->resolved(), 0);
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
    const std::size_t index = indices_[inner_->choose({shown_, threads, at.last, at.step, at.fingerprint})];
    cost_ += cost(at, index);
    return index;
  }

  void end_execution(Ending ending) final { inner_->end_execution(ending); }
  bool redundant() const final { return cost_ < bound_; }
  // Nothing was left out: the bound made no difference.
  bool exhaustive() const final { return !pruned_; }
  bool ends() const final { return true; }
  std::string covered() const final {
    if (!completed_) return "no bound was completed";
    return fmt::format("every schedule with at most {} {}", *completed_, name_.substr(0, name_.size() - (*completed_ == 1)));
  }
  std::string resolved() const final {
    return fmt::format("{}{}/{}", name_, most_ ? fmt::format(":bound={}", *most_) : "", inner_->resolved());
  }

 protected:
  // What it costs to take a candidate. 0 for at least one of them.
  virtual std::uint64_t cost(const ChoicePoint& at, std::size_t candidate) = 0;

 private:
  std::string name_;
  std::unique_ptr<Strategy> inner_;
  std::optional<std::uint64_t> most_, completed_;
  std::uint64_t bound_ = 0, cost_ = 0;
  bool pruned_ = false;
  std::vector<Candidate> shown_;
  std::vector<std::size_t> indices_;
};

}  // namespace interleave::engine
