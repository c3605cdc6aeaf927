// The strategies by which shrinking (shrink.hpp) executes one schedule: as it was found, step by step, after a plan, or drawn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/explore/shrink.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine::shrinking {

using Move = Shrink::Move;
using Plan = Shrink::Plan;

constexpr std::size_t nowhere = Strategy::prune;

inline bool has_candidate(const ChoicePoint& at, std::uint32_t thread) {
  return std::any_of(at.enabled.begin(), at.enabled.end(), [=](const Candidate& each) { return each.thread == thread; });
}

// Notes the steps of an execution as they are chosen.
class Noting : public Leaf {
 public:
  const std::vector<Move>& moves() const { return moves_; }
  std::uint64_t preemptions() const { return preemptions_; }
  std::string spec() const override { return "shrink"; }

 protected:
  void forget() {
    moves_.clear();
    preemptions_ = 0;
  }
  std::size_t note(const ChoicePoint& at, std::size_t index) {
    const Candidate& chosen = at.enabled[index];
    const bool preempts = chosen.thread != at.last && has_candidate(at, at.last);
    moves_.push_back({chosen.thread, chosen.variant, preempts});
    preemptions_ += preempts;
    return index;
  }

 private:
  std::vector<Move> moves_;
  std::uint64_t preemptions_ = 0;
};

// The execution that was found, by its choices.
class AsFound final : public Noting {
 public:
  explicit AsFound(const std::vector<std::uint32_t>& choices) : choices_(choices) {}
  bool begin_execution() override {
    next_ = 0;
    forget();
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    if (at.enabled.size() == 1) return note(at, 0);
    if (next_ == choices_.size() || choices_[next_] >= at.enabled.size()) throw Divergence("the program does something else under the same choices");
    return note(at, choices_[next_++]);
  }

 private:
  const std::vector<std::uint32_t>& choices_;
  std::size_t next_ = 0;
};

// Steps that were made, one after the other.
class Exactly final : public Noting {
 public:
  explicit Exactly(const std::vector<Move>& moves) : wanted_(moves) {}
  bool begin_execution() override {
    next_ = 0;
    forget();
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    if (next_ == wanted_.size()) return prune;
    const Move& move = wanted_[next_++];
    for (std::size_t i = 0; i < at.enabled.size(); ++i)
      if (at.enabled[i].thread == move.thread && at.enabled[i].variant == move.variant) return note(at, i);
    throw Divergence("the program does something else under the same choices");
  }

 private:
  const std::vector<Move>& wanted_;
  std::size_t next_ = 0;
};

// Follows a plan as far as the program permits: a block whose thread cannot step is passed over. Behind the plan, whoever steps goes on as long as
// it can. `variants`: of steps that the plan was made from; the n-th step of a thread takes the variant that its n-th step had there, if there is
// such a candidate.
class Guided final : public Noting {
 public:
  Guided(const Plan& plan, const std::vector<Move>& like, bool highest) : plan_(plan), highest_(highest) {
    for (const Move& move : like) of(variants_, move.thread).push_back(move.variant);
  }
  bool begin_execution() override {
    next_ = 0;
    made_.clear();
    forget();
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    std::size_t index = at.enabled.size() == 1 ? 0 : nowhere;
    for (; index == nowhere && next_ < plan_.size(); ++next_) {
      const Shrink::Block& block = plan_[next_];
      if (of(made_, block.thread) < block.until) index = candidate_of(at, block.thread);
      if (index != nowhere) break;
    }
    if (index == nowhere) index = candidate_of(at, at.last);
    if (index == nowhere) index = candidate_of(at, highest_ ? at.enabled.back().thread : at.enabled.front().thread);
    ++of(made_, at.enabled[index].thread);
    return note(at, index);
  }

 private:
  template <class T>
  static T& of(std::vector<T>& list, std::uint32_t thread) {
    if (list.size() <= thread) list.resize(thread + 1);
    return list[thread];
  }
  std::size_t candidate_of(const ChoicePoint& at, std::uint32_t thread) {
    const std::uint64_t nth = of(made_, thread);
    const std::vector<std::uint32_t>& variants = of(variants_, thread);
    const std::uint32_t wanted = nth < variants.size() ? variants[nth] : 0;
    std::size_t first = nowhere;
    for (std::size_t i = 0; i < at.enabled.size(); ++i) {
      if (at.enabled[i].thread != thread) continue;
      if (at.enabled[i].variant == wanted) return i;
      if (first == nowhere) first = i;
    }
    return first;
  }

  const Plan& plan_;
  const bool highest_;
  std::vector<std::vector<std::uint32_t>> variants_;  // by thread
  std::vector<std::uint64_t> made_;                   // by thread: steps
  std::size_t next_ = 0;
};

// Draws schedules with a few preemptions: threads have random priorities, and at as many random steps the thread that would go on is preempted. ("A
// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", Burckhardt et al., ASPLOS'10, with preemptions in place of changes.)
class Drawn final : public Noting {
 public:
  Drawn(std::uint64_t preemptions, std::uint64_t steps) : preemptions_most_(preemptions), steps_(steps) {}
  bool begin_execution() override {
    forget();
    priorities_.clear();
    points_.clear();
    for (std::uint64_t i = 0; i < preemptions_most_; ++i) points_.push_back(1 + random_.below(steps_));
    std::sort(points_.rbegin(), points_.rend());
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    const bool due = !points_.empty() && points_.back() <= at.step;
    if (at.enabled.size() == 1) return note(at, 0);
    const bool goes_on = has_candidate(at, at.last), preempts = due && goes_on && at.threads > 1;
    if (preempts) points_.pop_back();
    std::size_t best = nowhere;
    for (std::size_t i = 0; i < at.enabled.size(); ++i) {
      const std::uint32_t thread = at.enabled[i].thread;
      if (goes_on && (thread == at.last) == preempts) continue;
      const bool same = best != nowhere && at.enabled[best].thread == thread;
      if (best == nowhere || (same ? random_.below(2) == 0 : priority(thread) > priority(at.enabled[best].thread))) best = i;
    }
    return note(at, best);
  }

 private:
  std::uint64_t priority(std::uint32_t thread) {
    while (priorities_.size() <= thread) priorities_.push_back(random_.next());
    return priorities_[thread];
  }

  std::uint64_t preemptions_most_, steps_;
  Random random_{1};
  std::vector<std::uint64_t> priorities_, points_;  // points: the first one last
};

}  // namespace interleave::engine::shrinking
