// Strategies that begin with an execution that there was, and go on from there in their own way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/model/strategy.hpp"

namespace interleave::engine {

// Makes the choices that were made, and goes on by itself from there.
class PrefixStrategy : public Leaf {
 public:
  PrefixStrategy(const std::vector<std::uint32_t>& choices, std::uint64_t steps) : choices_(choices), steps_(steps) {}

  bool begin_execution() override {
    next_ = 0;
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    if (at.step > steps_) return after_prefix(at, !view_->has_counters() ? *view_->state() : view_->state_modulo_counters());
    std::size_t index = 0;
    if (at.enabled.size() > 1) {
      if (next_ == choices_.size() || choices_[next_] >= at.enabled.size())
        throw Divergence("the program does something else under the same choices");
      index = choices_[next_++];
    }
    made(at.enabled[index]);
    return index;
  }
  std::string spec() const override { return "onward"; }

 private:
  virtual std::size_t after_prefix(const ChoicePoint& at, const StateHash& state) = 0;
  virtual void made(const Candidate&) {}

  const std::vector<std::uint32_t>& choices_;
  std::uint64_t steps_;
  std::size_t next_ = 0;
};

}  // namespace interleave::engine
