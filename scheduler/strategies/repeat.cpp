// The nondeterminism check: runs every schedule of another strategy twice and compares what the program offers. A program
// that depends on nothing but its schedule offers the same candidates both times.
//
// The first of the two executions is the strategy's own: the strategy begins it, chooses, listens and hears how it ended. The second one makes
// the same choices, tells the strategy nothing, and counts as redundant.
#include <fmt/format.h>

#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/model/wrapper.hpp"

namespace interleave::engine {
namespace {

class Repeat final : public Wrapper {
 public:
  using Wrapper::Wrapper;

  bool begin_execution() override {
    next_ = 0;
    second_ = !second_;
    if (second_) return true;
    seen_.clear();
    return inner().begin_execution();
  }

  StepListener* listener() override { return second_ ? nullptr : inner().listener(); }

  std::size_t choose(const ChoicePoint& at) override {
    if (!second_) {
      const std::size_t index = inner().choose(at);
      seen_.push_back({at.fingerprint, static_cast<std::uint32_t>(at.enabled.size()), static_cast<std::uint32_t>(index)});
      return index;
    }
    if (next_ + 1 == seen_.size() && seen_[next_].taken == pruned) return prune;
    if (next_ == seen_.size() || seen_[next_].fingerprint != at.fingerprint || seen_[next_].enabled != at.enabled.size())
      throw Divergence(fmt::format("the same schedule run twice: at step {} the program offers something else the second time; it {}",
                                   at.step, depends_on_more));
    return seen_[next_++].taken;
  }

  void end_execution(Ending ending) override {
    if (!second_) {
      inner().end_execution(ending);
      ending_ = ending;
    } else if (ending != ending_ && ending != Ending::failed) {
      throw Divergence("the same schedule run twice ends otherwise the second time");
    }
  }

  bool redundant() const override { return second_ || inner().redundant(); }
  Recipe recipe() const override {
    Recipe recipe = inner().recipe();
    recipe.spec = "repeat/" + recipe.spec;
    return recipe;
  }
  std::string spec() const override { return "repeat/" + inner().spec(); }
  // Of two executions that are the same only one has shown anything to be needed.
  std::span<const std::uint32_t> opened() override { return {}; }
  // Steps that the engine makes by itself are not compared, and the second execution would consist of nothing else.
  PrefixReplay* prefix_replay() override { return nullptr; }

 private:
  static constexpr std::uint32_t pruned = ~std::uint32_t{0};  // in place of a choice: the execution was pruned here
  struct Seen {
    std::uint32_t fingerprint = 0, enabled = 0, taken = 0;
  };
  std::vector<Seen> seen_;
  std::size_t next_ = 0;
  bool second_ = true;  // so that the next execution is a first one
  Ending ending_ = Ending::finished;
};

const Registration repeat{"repeat", "runs every schedule of another strategy twice and compares: finds nondeterminism", {}, true,
                          [](const Arguments&, std::unique_ptr<Strategy> inner) {
                            return std::make_unique<Repeat>(std::move(inner));
                          }};

}  // namespace
}  // namespace interleave::engine
