// A random walk: at each step uniform over the threads that can step, then uniform over that thread's candidates.
//
// Each execution has a seed of its own; the first execution's is the seed given, so that a failure's seed alone makes a fresh
// walk begin with the failing execution.
#include <interleave/scheduler/strategy.hpp>

namespace interleave::engine {
namespace {

class RandomWalk final : public Strategy {
 public:
  explicit RandomWalk(std::uint64_t seed) : next_seed_(seed) {}

  bool begin_execution() override {
    seed_ = next_seed_;
    next_seed_ = Random(seed_).next();
    draw_ = Random(seed_ ^ 0x5ca1ab1e);
    return true;
  }

  std::size_t choose(const ChoicePoint& at) override {
    const auto& enabled = at.enabled;
    if (enabled.size() == 1) return 0;
    if (at.threads == enabled.size()) return draw_.below(enabled.size());
    // Candidates come thread by thread: draw a thread, find its candidates, draw one of those.
    std::size_t skip = draw_.below(at.threads);
    std::size_t first = 0;
    while (skip > 0) {
      ++first;
      skip -= enabled[first].thread != enabled[first - 1].thread;
    }
    std::size_t count = 1;
    while (first + count < enabled.size() && enabled[first + count].thread == enabled[first].thread) ++count;
    return first + draw_.below(count);
  }

  std::optional<std::uint64_t> execution_seed() const override { return seed_; }
  std::string resolved() const override { return "random"; }

 private:
  std::uint64_t seed_ = 0, next_seed_;
  Random draw_{0};
};

const Registration random_walk{"random", "a random walk: uniform over threads, then over a thread's candidates", false,
                               [](Arguments& arguments, std::unique_ptr<Strategy>) {
                                 return std::make_unique<RandomWalk>(arguments.seed());
                               }};

}  // namespace
}  // namespace interleave::engine
