// What samplers share: one seed per execution, from which alone a fresh sampler of the execution's string repeats it, and
// executions that measure what the sampler needs to know of the program. The first of these is a random walk; further ones, fewer
// and fewer of them, add what it did not show.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine {

class Sampler : public Leaf {
 public:
  // `measures`: the program is measured; else all is given.
  Sampler(std::uint64_t seed, bool measures) : measures_(measures), next_seed_(seed) {}

  bool begin_execution() final {
    if (measuring_) measured();  // not before: exact() speaks of the execution that has ended
    walking_ = measures_ && executions_ == 0;
    measuring_ = measures_ && (executions_ < often || (executions_ & (executions_ - 1)) == 0);
    ++executions_;
    seed_ = next_seed_;
    next_seed_ = Random(seed_).next();
    draw_ = Random(seed_ ^ 0x5ca1ab1e);
    if (!walking_) begin();
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    const std::size_t index = walking_ ? walk(at) : pick(at);
    if (measuring_) measure(at, at.enabled[index]);
    return index;
  }
  Recipe recipe() const final { return {walking_ ? "random" : exact(), seed_}; }

 protected:
  virtual void begin() {}
  virtual std::size_t pick(const ChoicePoint& at) = 0;
  virtual void measure(const ChoicePoint&, const Candidate& /*chosen*/) {}
  virtual void measured() {}
  // The string that says all that the execution depended on but its seed.
  virtual std::string exact() const { return spec(); }

  std::uint64_t seed() const { return seed_; }
  Random& draw() { return draw_; }
  // Uniform over the threads, then over that thread's candidates.
  std::size_t walk(const ChoicePoint& at) {
    if (at.enabled.size() == 1) return 0;
    if (at.threads == at.enabled.size()) return draw_.below(at.enabled.size());
    return walk_among_alternatives(at);
  }
  // Uniform over the candidates of `thread`. REQUIRES: it has one.
  std::size_t one_of(const ChoicePoint& at, std::uint32_t thread);

 private:
  std::size_t walk_among_alternatives(const ChoicePoint& at);

  static constexpr std::uint64_t often = 16;  // up to here every execution measures, from here on those of the powers of two

  bool measures_, walking_ = false, measuring_ = false;
  std::uint64_t executions_ = 0;
  std::uint64_t seed_ = 0, next_seed_;
  Random draw_{0};
};

// How many events each thread has ahead of it, those of threads that it will create included. A thread that shows up among the
// candidates was created by the one that made the step before.
class Ahead {
 public:
  // ---- measuring ----
  void meet(const ChoicePoint& at);
  void count(std::uint32_t thread) { ++now_[thread]; }
  // An execution has ended: each thread's highest count, with those that it creates.
  std::vector<std::uint64_t> totals() {
    for (std::size_t i = 0; i < own_.size(); ++i) own_[i] = std::max(own_[i], std::exchange(now_[i], 0));
    return totals(own_);
  }
  std::vector<std::uint64_t> totals(std::vector<std::uint64_t> own) const;  // of other counts of the same threads

  // ---- using ----
  void begin(const std::vector<std::uint64_t>& totals) {
    totals_ = &totals;
    left_.clear();
  }
  // Calls f(parent, child, left of the child, left of the parent before) for each new thread.
  template <class F>
  void meet(const ChoicePoint& at, F f) {
    for (const Candidate& each : at.enabled) {
      while (left_.size() <= each.thread) {
        const auto child = static_cast<std::uint32_t>(left_.size());
        const std::uint64_t own = child < totals_->size() ? (*totals_)[child] : 0;
        left_.push_back(own);
        if (at.step == 1 || at.last >= child) continue;
        f(at.last, child, own, left_[at.last]);
        left_[at.last] -= std::min(left_[at.last], own);
      }
    }
  }
  std::size_t threads() const { return left_.size(); }
  std::uint64_t left(std::uint32_t thread) const { return left_[thread]; }
  void spend(std::uint32_t thread) { left_[thread] -= left_[thread] > 0; }

 private:
  std::vector<std::uint64_t> own_, now_;
  std::vector<std::uint32_t> parents_;  // its own number: none
  const std::vector<std::uint64_t>* totals_ = nullptr;
  std::vector<std::uint64_t> left_;
};

}  // namespace interleave::engine
