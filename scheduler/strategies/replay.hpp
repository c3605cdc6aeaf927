// Replays one schedule, once. Each choice carries a few bits of what was to choose from, so that a program that has changed
// is noticed at the step where it does something else.
#pragma once

#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scheduler/model/schedule.hpp"
#include "scheduler/model/strategy.hpp"

namespace interleave::engine {

class Replay final : public Leaf {
 public:
  explicit Replay(Schedule schedule) : schedule_(std::move(schedule)), chunk_(schedule_chunk(schedule_.choices.size())) {}

  bool begin_execution() override {
    next_ = 0;
    seen_.clear();
    states_.clear();
    return !std::exchange(done_, true);
  }

  std::size_t choose(const ChoicePoint& at) override {
    const auto& choices = schedule_.choices;
    if (schedule_.comes_back && next_ == choices.size()) {
      if (at.enabled.size() > 1 || !states_.insert(*view_->state()).second) return prune;
    }
    if (at.enabled.size() == 1) return 0;
    if (next_ == choices.size())
      throw Divergence(fmt::format("at step {} the program has a choice of {}, but the schedule ends before: {}", at.step,
                                   at.enabled.size(), offer(at)));
    const std::uint32_t taken = choices[next_++];
    seen_.push_back(at.fingerprint);
    if (taken >= at.enabled.size() || !checked())
      throw Divergence(fmt::format("the schedule does not fit the program at step {} (choice {} of {}): recorded from another "
                                   "build? The program offers {}",
                                   at.step, next_, choices.size(), offer(at)));
    return taken;
  }

  std::string spec() const override { return "replay"; }

 private:
  // At the end of a chunk: whether the candidates in it were those of the recording.
  bool checked() {
    if (schedule_.checks.empty() || (next_ % chunk_ != 0 && next_ != schedule_.choices.size())) return true;
    return schedule_check(std::exchange(seen_, {})) == schedule_.checks[(next_ - 1) / chunk_];
  }

  static std::string offer(const ChoicePoint& at) {
    std::string text;
    for (const Candidate& candidate : at.enabled)
      text += fmt::format("{}thread {}: {}", text.empty() ? "" : ", ", candidate.thread, candidate.operation->type->name);
    return text;
  }

  Schedule schedule_;
  std::size_t chunk_;
  std::vector<std::uint32_t> seen_;  // fingerprints of the open chunk
  std::unordered_set<StateHash, StateHash::Hash> states_;  // since the last choice
  std::size_t next_ = 0;
  bool done_ = false;
};

}  // namespace interleave::engine
