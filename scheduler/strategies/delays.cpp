// Delay bounding: "Delay-Bounded Scheduling" (Emmi, Qadeer, Rakamaric, POPL'11), over the scheduler that lets a thread go on
// until it cannot and then takes the next one in order of creation. A delay skips the thread whose turn it is.
#include "scheduler/strategies/bounded.hpp"

namespace interleave::engine {
namespace {

class Delays final : public Bounded {
 public:
  using Bounded::Bounded;

 private:
  // How many threads that could step come before it, from the one that stepped last on, round the circle.
  std::uint64_t cost(const ChoicePoint& at, std::size_t candidate) override {
    const auto distance = [&](std::uint32_t thread) { return thread >= at.last ? thread - at.last : thread + 0x40000000u - at.last; };
    const std::uint32_t own = distance(at.enabled[candidate].thread);
    std::uint64_t skipped = 0;
    for (std::size_t i = 0; i < at.enabled.size(); ++i)
      if ((i == 0 || at.enabled[i].thread != at.enabled[i - 1].thread) && distance(at.enabled[i].thread) < own) ++skipped;
    return skipped;
  }
};

const Registration delays{"delays", "schedules with 0, then 1, 2, ... delays of a round robin, up to bound",
                          {{"bound", "the largest number of delays; without it, there is none", 0, steps_most}}, true,
                          [](const Arguments& arguments, std::unique_ptr<Strategy> inner) {
                            return std::make_unique<Delays>("delays", std::move(inner), arguments.optional_number("bound"));
                          }};

}  // namespace
}  // namespace interleave::engine
