// A portfolio: no sampler is best for every program. Uniform switching meets bugs that need many switches and misses those
// that need long undisturbed runs, which priorities find; and the other way round.
//
// Executions go round the members, one each. A failure is that of a member, by the member's own string and seed.
#include "scheduler/model/strategy.hpp"

namespace interleave::engine {
namespace {

constexpr const char* members[] = {"random", "pos", "pct:depth=2", "surw", "pct:depth=3", "urw", "surw", "pct:depth=5"};

class Auto final : public Strategy {
 public:
  explicit Auto(std::uint64_t seed) {
    Random seeds(seed);
    for (const char* member : members) members_.push_back(make_strategy(member, seeds.next() >> 16 | 1));
  }

  bool begin_execution() override {
    now_ = members_[executions_++ % members_.size()].get();
    return now_->begin_execution();
  }
  std::size_t choose(const ChoicePoint& at) override { return now_->choose(at); }
  void end_execution(Ending ending) override { now_->end_execution(ending); }
  void consult(const Situation& situation) override {
    for (const auto& member : members_) member->consult(situation);
  }
  std::optional<std::uint64_t> execution_seed() const override { return now_->execution_seed(); }
  std::string execution_strategy() const override { return now_->execution_strategy(); }
  std::string resolved() const override { return "auto"; }

 private:
  std::vector<std::unique_ptr<Strategy>> members_;
  Strategy* now_ = nullptr;
  std::size_t executions_ = 0;
};

const Registration portfolio{"auto", "a portfolio: goes round random, pos, pct, urw and surw", false,
                             [](Arguments& arguments, std::unique_ptr<Strategy>) {
                               return std::make_unique<Auto>(arguments.seed());
                             }};

}  // namespace
}  // namespace interleave::engine
