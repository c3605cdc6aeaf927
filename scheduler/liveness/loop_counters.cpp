#include "scheduler/liveness/loop_counters.hpp"

#include <algorithm>

namespace interleave::engine {
namespace {

constexpr std::size_t period_max = 64, entry_max = 64;  // in rounds
constexpr std::size_t length_max = 10'000;              // of a round, in steps

}  // namespace

void LoopCounters::add_loop(std::string place, std::size_t rounds) {
  loops_.insert(std::move(place));
  rounds_ = std::max(rounds_, rounds);
}

bool LoopCounters::add(const LoopCounters& other) {
  bool any = none();
  const auto merge = [&](auto& into, const auto& from) {
    for (const auto& each : from) any |= into.insert(each).second;
  };
  merge(words_, other.words_);
  for (const auto& [where, own] : other.own_) {
    const auto [mine, first] = own_.try_emplace(where);
    any |= first;
    merge(mine->second.words, own.words);
    merge(mine->second.parts, own.parts);
  }
  loops_.insert(other.loops_.begin(), other.loops_.end());
  any |= other.rounds_ > rounds_;
  rounds_ = std::max(rounds_, other.rounds_);
  return any;
}

void SoloRun::stands(std::uint64_t place, const std::vector<std::uint64_t>& parts, const std::uintptr_t* low, const std::uintptr_t* high) {
  if (length_ > length_max) return;
  if (++length_; place == begin_) {  // a round is complete
    length_ = 0;
    for (const auto& [word, before] : written_)
      if (*word != before) counters_.add(word);
    written_.clear();
    times_.clear();
    rounds_.push_back(std::exchange(does_, 0));
  }
  does_ = (does_ ^ place) * 0x9e3779b97f4a7c15ULL;
  does_ ^= does_ >> 29;
  const auto [known, first] = stands_.try_emplace({place, times_[place]++});
  Stand& before = known->second;
  const auto words = static_cast<std::size_t>(high - low);
  LoopCounters::Own& own = counters_.own(thread_, place);
  if (first) before = {parts, std::vector<std::uintptr_t>(words)};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] != std::exchange(before.parts[i], parts[i])) own.parts.insert(i);
  }
  before.stack.resize(words);
  for (std::size_t i = 0; i < words; ++i) {
    const std::uintptr_t* word = high - 1 - i;
    if (*word != std::exchange(before.stack[i], *word) && !first) own.words.insert(word);
  }
}

std::size_t SoloRun::rounds() const {
  if (length_ > length_max) return 0;
  for (std::size_t period = 1; period <= period_max && 4 * period <= rounds_.size(); ++period) {
    std::size_t entry = rounds_.size() - period;
    while (entry > 0 && rounds_[entry - 1] == rounds_[entry - 1 + period]) --entry;
    if (entry <= entry_max && entry + 4 * period <= rounds_.size()) return entry + 2 * period;
  }
  return 0;
}

}  // namespace interleave::engine
