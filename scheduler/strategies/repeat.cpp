// The nondeterminism check: runs every schedule of another strategy twice and compares what the program offers. A program
// that depends on nothing but its schedule offers the same candidates both times.
#include <fmt/format.h>

#include "scheduler/model/strategy.hpp"

namespace interleave::engine {
namespace {

class Repeat final : public Strategy {
 public:
  explicit Repeat(std::unique_ptr<Strategy> inner) : inner_(std::move(inner)) {}

  bool begin_execution() override {
    next_ = 0;
    second_ = !second_;
    if (second_) return true;
    seen_.clear();
    return inner_->begin_execution();
  }

  std::size_t choose(const ChoicePoint& at) override {
    if (!second_) {
      const std::size_t index = inner_->choose(at);
      seen_.push_back({at.fingerprint, static_cast<std::uint32_t>(at.enabled.size()), static_cast<std::uint32_t>(index)});
      return index;
    }
    if (next_ + 1 == seen_.size() && seen_[next_].taken == in_vain) return none_of_them;
    if (next_ == seen_.size() || seen_[next_].fingerprint != at.fingerprint || seen_[next_].enabled != at.enabled.size())
      throw Divergence(fmt::format("the same schedule run twice: at step {} the program offers something else the second time; it {}",
                                   at.step, depends_on_more));
    return seen_[next_++].taken;
  }

  bool wants_steps() const override { return inner_->wants_steps(); }
  bool recognizes_states() const override { return inner_->recognizes_states(); }
  void weighed(std::uint32_t thread, const Weighed& step) override {
    if (!second_) inner_->weighed(thread, step);
  }
  void performed(const Step& step) override {
    if (!second_) inner_->performed(step);
  }
  void announced(std::uint32_t thread, const Operation& operation) override {
    if (!second_) inner_->announced(thread, operation);
  }
  void withdrawn(std::uint32_t thread) override {
    if (!second_) inner_->withdrawn(thread);
  }
  void created(std::uint32_t parent, std::uint32_t child, bool in_parallel) override {
    if (!second_) inner_->created(parent, child, in_parallel);
  }
  void ordered(std::uint32_t before, std::uint32_t after) override {
    if (!second_) inner_->ordered(before, after);
  }
  void finished(std::uint32_t thread) override {
    if (!second_) inner_->finished(thread);
  }
  void entered(std::uint32_t thread, std::uint64_t section, std::size_t most) override {
    if (!second_) inner_->entered(thread, section, most);
  }
  void left(std::uint32_t thread, std::uint64_t section) override {
    if (!second_) inner_->left(thread, section);
  }
  void closing() override {
    if (!second_) inner_->closing();
  }
  void consult(const Situation& situation) override { inner_->consult(situation); }
  void end_execution(Ending ending) override {
    if (!second_) {
      inner_->end_execution(ending);
      ending_ = ending;
    } else if (ending != ending_ && ending != Ending::failed) {
      throw Divergence("the same schedule run twice ends otherwise the second time");
    }
  }
  bool exhaustive() const override { return inner_->exhaustive(); }
  bool ends() const override { return inner_->ends(); }
  bool reduces() const override { return inner_->reduces(); }
  bool runs_on() const override { return inner_->runs_on(); }
  std::size_t memory() const override { return inner_->memory(); }
  std::string covered() const override { return inner_->covered(); }
  bool redundant() const override { return second_ || inner_->redundant(); }
  bool shows_failure() const override { return inner_->shows_failure(); }
  std::optional<std::uint64_t> execution_seed() const override { return inner_->execution_seed(); }
  std::string resolved() const override { return "repeat/" + inner_->resolved(); }
  std::string execution_strategy() const override { return "repeat/" + inner_->execution_strategy(); }

 private:
  static constexpr std::uint32_t in_vain = ~std::uint32_t{0};  // where the first one ended for having come back to where it was
  struct Seen {
    std::uint32_t fingerprint = 0, enabled = 0, taken = 0;
  };
  std::unique_ptr<Strategy> inner_;
  std::vector<Seen> seen_;
  std::size_t next_ = 0;
  bool second_ = true;  // so that the next execution is a first one
  Ending ending_ = Ending::finished;
};

const Registration repeat{"repeat", "runs every schedule of another strategy twice and compares: finds nondeterminism", true,
                          [](Arguments&, std::unique_ptr<Strategy> inner) {
                            return std::make_unique<Repeat>(std::move(inner));
                          }};

}  // namespace
}  // namespace interleave::engine
