// Iterative preemption bounding: "Iterative Context Bounding for Systematic Testing of Multithreaded Programs" (Musuvathi,
// Qadeer, PLDI'07). A preemption is a switch away from a thread that could have gone on.
#include <algorithm>

#include "scheduler/strategies/bounded.hpp"

namespace interleave::engine {
namespace {

class Preemptions final : public Bounded {
 public:
  using Bounded::Bounded;

 private:
  std::uint64_t cost(const ChoicePoint& at, std::size_t candidate) override {
    if (at.enabled[candidate].thread == at.last) return 0;
    return std::any_of(at.enabled.begin(), at.enabled.end(), [&](const Candidate& each) { return each.thread == at.last; });
  }
};

const Registration preemptions{"preemptions", "schedules with 0, then 1, 2, ... preemptions, up to bound",
                               {{"bound", "the largest number of preemptions; without it, there is none", 0, steps_most}}, true,
                               [](const Arguments& arguments, std::unique_ptr<Strategy> inner) {
                                 return std::make_unique<Preemptions>("preemptions", std::move(inner),
                                                                      arguments.optional_number("bound"));
                               }};

}  // namespace
}  // namespace interleave::engine
