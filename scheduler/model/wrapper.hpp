// A strategy that holds another one and forwards everything to it. Whoever derives from it overrides what the wrapper is there to change,
// and nothing else: what is not overridden is as without the wrapper. tests/scheduler/test_wrappers.cpp asks that of each one.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "scheduler/model/strategy.hpp"

namespace interleave::engine {

class Wrapper : public Strategy {
 public:
  explicit Wrapper(std::unique_ptr<Strategy> inner) { hold(std::move(inner)); }

  Traits traits() const override { return inner_->traits(); }
  void attach(const ExecutionView& view) override {
    view_ = &view;
    inner_->attach(view);
  }
  bool begin_execution() override { return inner_->begin_execution(); }
  StepListener* listener() override { return inner_->listener(); }
  std::size_t choose(const ChoicePoint& at) override { return inner_->choose(at); }
  void end_execution(Ending ending) override { inner_->end_execution(ending); }
  bool redundant() const override { return inner_->redundant(); }
  bool shows_failure() const override { return inner_->shows_failure(); }
  Recipe recipe() const override { return inner_->recipe(); }
  Coverage coverage() const override { return inner_->coverage(); }
  std::span<const std::uint32_t> opened() override { return inner_->opened(); }
  std::size_t memory() const override { return inner_->memory(); }
  std::string spec() const override { return inner_->spec(); }
  // A wrapper that must see every choice returns null here: the engine does not ask `choose` for the steps that it makes by itself.
  PrefixReplay* prefix_replay() override { return inner_->prefix_replay(); }

 protected:
  // Holds nothing yet. REQUIRES: `hold` is called before anything else.
  Wrapper() = default;

  Strategy& inner() { return *inner_; }
  const Strategy& inner() const { return *inner_; }

  // From here on, holds this one instead. It is attached if the wrapper is.
  void hold(std::unique_ptr<Strategy> inner) {
    owned_ = std::move(inner);
    hold(*owned_);
    if (view_ != nullptr) inner_->attach(*view_);
  }
  // The same of a strategy that somebody else keeps and attaches.
  void hold(Strategy& inner) { inner_ = &inner; }

 private:
  std::unique_ptr<Strategy> owned_;
  Strategy* inner_ = nullptr;
  const ExecutionView* view_ = nullptr;
};

}  // namespace interleave::engine
