// Probabilistic concurrency testing: "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (Burckhardt,
// Kothari, Musuvathi, Nagarakatte, ASPLOS'10).
//
// Threads have distinct random priorities, and the one of the highest steps; at depth - 1 random points of the execution the
// thread that is about to step falls below all others. With n threads and k steps an execution meets a bug of that depth with
// a probability of at least 1/(n k^(depth-1)).
//
// A thread that makes more than k steps in a row (and no fewer than a thousand) falls below the others as well: it may be polling for what
// they do, and a schedule that starves them is not one that a program must stand ("Fair Stateless Model Checking", Musuvathi and
// Qadeer, PLDI'08). The bound is not touched: it is about executions of k steps.
//
// k is `steps`, or those of the longest execution that was measured. Among the candidates of one thread the choice is uniform.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "scheduler/strategies/sampler.hpp"

namespace interleave::engine {
namespace {

class Pct final : public Sampler {
 public:
  Pct(std::uint64_t seed, std::uint64_t depth, std::uint64_t steps) : Sampler(seed, steps == 0), depth_(depth), steps_(steps) {}

  std::string spec() const override { return fmt::format("pct:depth={}", depth_); }

 private:
  void begin() override {
    priorities_.clear();
    changes_.clear();
    in_a_row_ = 0;
    for (std::uint64_t i = 1; i < depth_; ++i) changes_.push_back(1 + draw().below(std::max<std::uint64_t>(steps_, 1)));
  }
  void measure(const ChoicePoint& at, const Candidate&) override { longest_ = std::max(longest_, at.step); }
  void measured() override { steps_ = longest_; }
  std::string exact() const override { return fmt::format("pct:depth={},steps={}", depth_, steps_); }

  std::size_t pick(const ChoicePoint& at) override {
    for (std::size_t i = 0; i < changes_.size(); ++i)
      if (changes_[i] == at.step) lower(highest(at), i);
    const std::uint32_t first = highest(at);
    in_a_row_ = first == at.last ? in_a_row_ + 1 : 0;
    if (in_a_row_ <= std::max(steps_, patience)) return one_of(at, first);
    in_a_row_ = 0;
    for (std::uint64_t& priority : priorities_) priority += 1;  // below all that fell before
    lower(first, 0);
    return one_of(at, highest(at));
  }

  std::uint32_t highest(const ChoicePoint& at) {
    std::uint32_t best = at.enabled.front().thread;
    for (const Candidate& each : at.enabled)
      if (priority(each.thread) > priority(best)) best = each.thread;
    return best;
  }
  // Random and distinct, above those of lowered threads.
  std::uint64_t priority(std::uint32_t thread) {
    while (priorities_.size() <= thread) priorities_.push_back(draw().next() | std::uint64_t{1} << 63);
    return priorities_[thread];
  }
  void lower(std::uint32_t thread, std::size_t change) { priorities_[thread] = change; }

  static constexpr std::uint64_t patience = 1'000;
  std::uint64_t depth_, steps_, longest_ = 0, in_a_row_ = 0;
  std::vector<std::uint64_t> priorities_, changes_;
};

// Each of the depth - 1 points is drawn for every execution, and looked for at every step.
constexpr std::uint64_t depth_most = 1'000;

const Registration pct{"pct", "random priorities that change at depth-1 random points: finds a bug of that depth with a known probability",
                       {{"depth", "the depth of the bugs that it is to meet; otherwise 3", 1, depth_most},
                        {"steps", "steps of an execution; otherwise those of the longest one that was measured", 0, steps_most}}, false,
                       [](const Arguments& arguments, std::unique_ptr<Strategy>) {
                         return std::make_unique<Pct>(arguments.seed(), arguments.number("depth", 3), arguments.number("steps", 0));
                       }};

}  // namespace
}  // namespace interleave::engine
