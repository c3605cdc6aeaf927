// Uniform random walk: "Selectively Uniform Concurrency Testing" (Zhao, Wolff, Mathur, Roychoudhury, ASPLOS'25).
//
// A thread steps with a probability proportional to the events that it has ahead of it, those of threads that it will create
// included. If these counts are exact and nothing blocks, every interleaving is equally likely.
//
// The counts are given, by thread in order of creation, or each thread's highest of the executions that were measured.
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scheduler/strategies/sampler.hpp"

namespace interleave::engine {
namespace {

class Urw final : public Sampler {
 public:
  Urw(std::uint64_t seed, std::vector<std::uint64_t> counts) : Sampler(seed, counts.empty()), counts_(std::move(counts)) {}
  std::string spec() const override { return "urw"; }

 private:
  void begin() override { ahead_.begin(counts_); }
  void measure(const ChoicePoint& at, const Candidate& chosen) override {
    measured_.meet(at);
    measured_.count(chosen.thread);
  }
  void measured() override { counts_ = measured_.totals(); }
  std::string exact() const override { return fmt::format("urw:counts={}", fmt::join(counts_, ".")); }

  std::size_t pick(const ChoicePoint& at) override {
    ahead_.meet(at, [](auto...) {});
    std::uint64_t all = 0;
    std::uint32_t last = ~std::uint32_t{0};
    for (const Candidate& each : at.enabled)
      if (std::exchange(last, each.thread) != each.thread) all += weight(each.thread);
    std::uint64_t drawn = draw().below(all);
    last = ~std::uint32_t{0};
    for (const Candidate& each : at.enabled) {
      if (std::exchange(last, each.thread) == each.thread) continue;
      if (drawn < weight(each.thread)) break;
      drawn -= weight(each.thread);
    }
    ahead_.spend(last);
    return one_of(at, last);
  }

  // A thread that has more ahead of it than was counted must not starve.
  std::uint64_t weight(std::uint32_t thread) const { return std::max<std::uint64_t>(ahead_.left(thread), 1); }

  std::vector<std::uint64_t> counts_;
  Ahead measured_, ahead_;
};

const Registration urw{"urw", "a walk by how much each thread has ahead of it: every interleaving is equally likely",
                       {{"counts", "events by thread, with dots between them; otherwise measured", 0, steps_most, true}}, false,
                       [](const Arguments& arguments, std::unique_ptr<Strategy>) {
                         return std::make_unique<Urw>(arguments.seed(), arguments.numbers("counts"));
                       }};

}  // namespace
}  // namespace interleave::engine
