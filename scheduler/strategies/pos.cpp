// Partial order sampling: "Partial Order Aware Concurrency Sampling" (Yuan, Yang, Gu, CAV'18).
//
// Every pending operation has a random priority of its own, and the highest is performed. Operations that it races with draw
// anew, so that the order of what does not depend on each other does not decide the order of what does.
#include <vector>

#include "scheduler/strategies/sampler.hpp"

namespace interleave::engine {
namespace {

class Pos final : public Sampler {
 public:
  explicit Pos(std::uint64_t seed) : Sampler(seed, false) {}
  std::string spec() const override { return "pos"; }

 private:
  void begin() override { priorities_.clear(); }

  std::size_t pick(const ChoicePoint& at) override {
    std::uint32_t best = at.enabled.front().thread;
    for (const Candidate& each : at.enabled)
      if (priority(each.thread) > priority(best)) best = each.thread;
    const std::size_t chosen = one_of(at, best);
    for (const Candidate& each : at.enabled)
      if (each.thread == best || dependent(*each.operation, *at.enabled[chosen].operation)) priorities_[each.thread] = draw().next() | 1;
    return chosen;
  }
  std::uint64_t priority(std::uint32_t thread) {
    if (priorities_.size() <= thread) priorities_.resize(thread + 1);
    if (priorities_[thread] == 0) priorities_[thread] = draw().next() | 1;
    return priorities_[thread];
  }

  std::vector<std::uint64_t> priorities_;  // of the pending operation of each thread; 0: not drawn yet
};

const Registration pos{"pos", "random priorities of operations, drawn anew for those that race",
                       {}, false,
                       [](const Arguments& arguments, std::unique_ptr<Strategy>) { return std::make_unique<Pos>(arguments.seed()); }};

}  // namespace
}  // namespace interleave::engine
