// A random walk: at each step uniform over the threads that can step, then uniform over that thread's candidates.
#include "scheduler/strategies/sampler.hpp"

namespace interleave::engine {
namespace {

class RandomWalk final : public Sampler {
 public:
  explicit RandomWalk(std::uint64_t seed) : Sampler(seed, false) {}
  std::size_t choose(const ChoicePoint& at) override { return walk(at); }
  std::string spec() const override { return "random"; }

 private:
  std::size_t pick(const ChoicePoint& at) override { return walk(at); }
};

const Registration random_walk{"random", "a random walk: uniform over threads, then over a thread's candidates",
                               {}, false,
                               [](const Arguments& arguments, std::unique_ptr<Strategy>) {
                                 return std::make_unique<RandomWalk>(arguments.seed());
                               }};

}  // namespace
}  // namespace interleave::engine
