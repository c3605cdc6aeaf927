// A portfolio: no sampler is best for every program. Uniform switching meets bugs that need many switches and misses those
// that need long undisturbed runs, which priorities find; and the other way round.
//
// Executions go round the members, one each: a wrapper that holds the member whose turn it is. A failure is that of a member, by the member's own string and seed.
#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/model/wrapper.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine {
namespace {

constexpr const char* members[] = {"random", "pos", "pct:depth=2", "surw", "pct:depth=3", "urw", "surw", "pct:depth=5"};

class Auto final : public Wrapper {
 public:
  explicit Auto(std::uint64_t seed) {
    Random seeds(seed);
    for (const char* member : members) members_.push_back(make_strategy(member, seeds.next() >> 16 | 1));
    hold(*members_.front());
  }

  bool begin_execution() override {
    hold(*members_[executions_++ % members_.size()]);
    return inner().begin_execution();
  }
  void attach(const ExecutionView& view) override {
    for (const auto& member : members_) member->attach(view);
  }
  std::size_t memory() const override {
    std::size_t bytes = 0;
    for (const auto& member : members_) bytes += member->memory();
    return bytes;
  }
  std::string spec() const override { return "auto"; }

 private:
  std::vector<std::unique_ptr<Strategy>> members_;
  std::size_t executions_ = 0;
};

const Registration portfolio{"auto", "a portfolio: goes round random, pos, pct, urw and surw", {}, false,
                             [](const Arguments& arguments, std::unique_ptr<Strategy>) {
                               return std::make_unique<Auto>(arguments.seed());
                             }};

}  // namespace
}  // namespace interleave::engine
