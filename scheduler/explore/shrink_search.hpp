// The exact part of shrinking (shrink.hpp): every schedule with at most so many preemptions, up to equivalence.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/explore/shrink_strategies.hpp"
#include "scheduler/support/hash.hpp"

namespace interleave::engine::shrinking {

// The order matters.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return hashes::mixed(hashes::mixed(a + hashes::golden) ^ b); }

// A hash of what has happened so far in an execution that is the same for all equivalent orders: each step's is made of those of the steps that it
// depends on.
class Past final : public StepListener {
 public:
  void begin() {
    threads_.clear();
    words_.clear();
  }
  // Whether it can tell which executions are equivalent. Monitors of sections see the order of independent steps, too.
  bool suits() const { return suits_; }

  std::uint64_t now() const {
    std::uint64_t sum = 0;
    for (std::size_t thread = 0; thread < threads_.size(); ++thread) sum += mix(threads_[thread], thread);
    return sum;
  }

  void performed(const Step& step) override {
    const Operation& operation = *step.operation;
    const Touch touches[] = {first_touch(operation), second_touch(operation)};
    std::uint64_t before = mix(of(step.thread), step.thread);
    for (const Touch& touch : touches) each_word(touch, [&](Word& word) { before = mix(before, word.seen_by(touch.access)); });
    const std::uint64_t hash = mix(mix(before, operation.type->hash), std::uint64_t{step.variant} << 1 | operation.failed);
    for (const Touch& touch : touches) each_word(touch, [&](Word& word) { word.add(touch.access, hash); });
    of(step.thread) = last_ = hash;
  }
  void disabled(std::uint32_t thread) override { of(thread) = mix(of(thread), last_ + 1); }
  void created(std::uint32_t parent, std::uint32_t child, bool) override { of(child) = mix(of(parent), child + 2); }
  void ordered(std::uint32_t before, std::uint32_t after) override { of(after) = mix(of(after), of(before)); }
  void entered(std::uint32_t, std::uint64_t, std::size_t) override { suits_ = false; }

 private:
  struct Word {
    std::uint64_t write = 0;                                                        // the last
    std::array<std::uint64_t, static_cast<std::size_t>(Access::write)> since = {};  // sums, by access: of the others since then
    // What an access depends on.
    std::uint64_t seen_by(Access access) const {
      std::uint64_t hash = write;
      for (std::size_t i = 0; i < since.size(); ++i)
        if (since[i] != 0 && !commute(static_cast<Access>(i), access)) hash = mix(hash, since[i]);
      return hash;
    }
    void add(Access access, std::uint64_t hash) {
      if (access == Access::write) {
        *this = {.write = hash};
      } else {
        since[static_cast<std::size_t>(access)] += hash;
      }
    }
  };

  std::uint64_t& of(std::uint32_t thread) {
    if (threads_.size() <= thread) threads_.resize(thread + 1);
    return threads_[thread];
  }
  template <class F>
  void each_word(const Touch& touch, F f) {
    constexpr std::size_t words_most = 64;
    if (touch.access == Access::none || touch.address == 0) return;
    const std::uintptr_t first = touch.address >> 3, last = (touch.address + touch.size - 1) >> 3;
    if (last - first > words_most) {
      suits_ = false;
      return;
    }
    for (std::uintptr_t word = first; word <= last; ++word) f(words_[word]);
  }

  std::vector<std::uint64_t> threads_;
  std::unordered_map<std::uintptr_t, Word> words_;
  std::uint64_t last_ = 0;
  bool suits_ = true;
};

// Every schedule with at most so many preemptions and so many steps, depth first; `path_` as in strategies/dfs.cpp. The thread that made the last
// step comes first.
class Within final : public Noting {
 public:
  Within(std::uint64_t preemptions, std::uint64_t steps_most, bool merges_equivalent)
      : preemptions_most_(preemptions), steps_most_(steps_most), merges_(merges_equivalent) {}

  void at_most(std::uint64_t steps) { steps_most_ = steps; }
  // Whether an execution was left out because it would have had more steps.
  bool left_out() const { return left_out_; }
  // It has left out executions that it must not: to be done again without.
  bool merged_wrongly() const { return merges_ && !past_.suits(); }

  bool begin_execution() override {
    depth_ = 0;
    forget();
    past_.begin();
    if (!std::exchange(started_, true)) return true;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().allowed) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }
  StepListener* listener() override { return merges_ ? &past_ : nullptr; }

  std::size_t choose(const ChoicePoint& at) override {
    if (at.step > steps_most_) {
      left_out_ = true;
      return prune;
    }
    if (at.enabled.size() == 1) return note(at, 0);
    const bool goes_on = has_candidate(at, at.last), all = !goes_on || preemptions() < preemptions_most_;
    const auto own = static_cast<std::uint32_t>(std::count_if(at.enabled.begin(), at.enabled.end(), [&](const Candidate& each) { return each.thread == at.last; }));
    const auto allowed = all ? static_cast<std::uint32_t>(at.enabled.size()) : own;
    if (depth_ == path_.size()) {
      if (merges_ && was_here(at, goes_on)) return prune;
      path_.push_back({.taken = 0, .allowed = allowed, .fingerprint = at.fingerprint});
    } else if (path_[depth_].allowed != allowed || path_[depth_].fingerprint != at.fingerprint) {
      throw Divergence("the program does something else under the same choices");
    }
    const std::uint32_t taken = path_[depth_++].taken;
    // First those of the last thread, then the others.
    std::uint32_t left = taken < own ? taken : taken - own;
    for (std::size_t i = 0; i < at.enabled.size(); ++i)
      if ((at.enabled[i].thread == at.last) == (taken < own) && left-- == 0) return note(at, i);
    return prune;  // never
  }

 private:
  // Whether what can come from here was executed, for an equivalent beginning with no more preemptions.
  bool was_here(const ChoicePoint& at, bool goes_on) {
    constexpr std::size_t most = std::size_t{1} << 21;
    const std::uint64_t key = mix(mix(past_.now(), at.fingerprint), goes_on ? at.last : ~std::uint64_t{0});
    const auto known = seen_.find(key);
    if (known == seen_.end()) {
      if (seen_.size() < most) seen_.emplace(key, preemptions());
      return false;
    }
    if (known->second <= preemptions()) return true;
    known->second = preemptions();
    return false;
  }

  struct Choice {
    std::uint32_t taken, allowed, fingerprint;
  };
  std::uint64_t preemptions_most_, steps_most_;
  bool merges_;
  std::vector<Choice> path_;
  std::size_t depth_ = 0;
  bool started_ = false, left_out_ = false;
  Past past_;
  std::unordered_map<std::uint64_t, std::uint64_t> seen_;  // the fewest preemptions
};

}  // namespace interleave::engine::shrinking
