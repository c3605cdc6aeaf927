#include "scheduler/liveness/state_hasher.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <iterator>
#include <utility>

#include "scheduler/memory/memory.hpp"
#include "scheduler/support/hash.hpp"

namespace interleave::engine {
namespace {

using interleave::hashes::golden, interleave::hashes::mixed;

StateHash hash(std::uint64_t place, std::uint64_t value) {
  return {.a = mixed(place * golden + mixed(value + 0x6a09e667f3bcc909ULL)),
          .b = mixed(value * 0xd1342543de82ef95ULL + mixed(place ^ 0xbb67ae8584caa73bULL))};
}

StateHash hash(const std::uintptr_t* word, std::uintptr_t value) { return hash(reinterpret_cast<std::uintptr_t>(word), value); }

// Where threads stand is kept at addresses that no word has.
std::uint64_t place_of(std::uint32_t thread, std::uint64_t part) { return 2 * (std::uint64_t{thread} * 64 + part) + 1; }

}  // namespace

void StateHasher::begin_execution() {
  for (Local& each : locals_) {
    each.stack.clear();
    each.rest = each.sum = each.counters = {};
    each.known = each.counts = false;
    each.local_states.clear();
    each.places.clear();
  }
  suspects_.clear();
  steps_ = 0;
  written_.clear();
  freed_.clear();
  words_.clear();
  outcome_ = outcome_change_ = {};
  unique_ = unique_modulo_counters_ = counts_ = false;
  history_ = uniques_ = 0;
  now_ = now_modulo_counters_ = {};
}

StateHasher::Local& StateHasher::local(std::uint32_t thread) {
  if (thread >= locals_.size()) locals_.resize(thread + 1);
  return locals_[thread];
}

void StateHasher::chosen(std::uint32_t thread, std::uint32_t variant) {
  ++steps_;
  history_ = mixed(history_ + (std::uint64_t{thread} << 32 | variant) + golden);
}

void StateHasher::wrote(const void* p, std::size_t size) {
  const auto begin = reinterpret_cast<std::uintptr_t>(p);
  for (std::uintptr_t at = begin & ~std::uintptr_t{7}; at < begin + size; at += sizeof at) {
    auto* word = reinterpret_cast<std::uintptr_t*>(at);
    written_.push_back({word, *word});
  }
}

void StateHasher::unmapped(std::uintptr_t begin, std::uintptr_t end) {
  std::erase_if(written_, [=](const Written& written) {
    const auto word = reinterpret_cast<std::uintptr_t>(written.word);
    return word >= begin && word < end;
  });
  beyond();
}

void StateHasher::has_outcome(std::string_view value) {
  const StateHash now = hash(place_of(0, 34), std::hash<std::string_view>{}(value) + 1);
  outcome_change_ += now;
  outcome_change_ -= std::exchange(outcome_, now);
}

void StateHasher::allocates() {
  unique_ = true;
  unique_modulo_counters_ |= reuses_blocks;
}

void StateHasher::freed(const void* p, std::size_t size) {
  allocates();
  if (counters_.none() || reuses_blocks) return;
  auto* from = static_cast<std::uintptr_t*>(const_cast<void*>(p));
  freed_.emplace_back(from, from + (size + sizeof *from - 1) / sizeof *from);
}

// What was written, in the stacks of other threads or elsewhere.
void StateHasher::add_writes() {
  delta_ += outcome_change_;
  modulo_counters_ += std::exchange(outcome_change_, {});
  for (const auto& [word, before] : written_) {
    const std::size_t stack = memory->stack_of(word);
    std::uintptr_t* counted = nullptr;
    Local* owner = nullptr;
    if (stack < locals_.size() && word < locals_[stack].high) {
      const auto index = static_cast<std::size_t>(locals_[stack].high - 1 - word);
      if (index < locals_[stack].stack.size()) {
        owner = &locals_[stack];
        counted = &owner->stack[index];
      }
    }
    if (counted == nullptr) counted = &words_.try_emplace(word, Known{.first = before, .counted = before}).first->second.counted;
    if (*counted == *word) continue;
    StateHash change = hash(word, *word);
    change -= hash(word, *counted);
    delta_ += change;
    if (!counters_.contains(word)) modulo_counters_ += change;
    if (owner != nullptr) owner->sum += change;
    *counted = *word;
  }
  written_.clear();
  for (const auto& [from, to] : freed_) {
    for (std::uintptr_t* word = from; word < to; ++word) {
      const auto known = words_.find(word);
      if (known == words_.end()) continue;
      StateHash change = hash(word, known->second.first);
      change -= hash(word, known->second.counted);
      delta_ += change;
      if (!counters_.contains(word)) modulo_counters_ += change;
      words_.erase(known);
    }
  }
  freed_.clear();
}

HashedStep StateHasher::hashed(std::uint32_t thread, Local& local, bool known) {
  const bool hidden = !known || !local.known;
  if (unique_ || unique_modulo_counters_ || hidden) {
    const StateHash unique = hash(place_of(thread, 32), history_ + ++uniques_);
    delta_ += unique;
    if (unique_modulo_counters_ || hidden) modulo_counters_ += unique;
  }
  unique_ = unique_modulo_counters_ = false;
  local.known = known;
  now_ += delta_;
  now_modulo_counters_ += modulo_counters_;
  counts_ = known && local.counts;
  StateHash stands = local.sum;
  if (counts_) stands -= local.counters;
  const std::uint64_t local_state = known ? (stands.a ^ mixed(stands.b)) | 1 : 0;
  local.local_states.push_back(local_state);
  return {std::exchange(delta_, {}), std::exchange(modulo_counters_, {}), local_state, counts_};
}

// Of a thread that stands in a loop that waits and counts.
StateHash StateHasher::counters_of(std::uint32_t thread, const LoopCounters::Own& own, const CallState& state, const std::uintptr_t* high) const {
  StateHash sum;
  for (const std::uintptr_t* word : own.words)
    if (word >= state.stack && word < high) sum += hash(word, *word);
  for (const std::size_t part : own.parts) sum += hash(place_of(thread, part), parts_[part]);
  return sum;
}

HashedStep StateHasher::announced(std::uint32_t thread, const Operation& operation, const CallState& state, const std::uintptr_t* high) {
  Local& me = local(thread);
  if (solo_run_ != nullptr && solo_run_->begun() && solo_run_->thread() == thread)
    for (const auto& [word, before] : written_) solo_run_->wrote(word, before);
  add_writes();
  if (!operation.type->noted) return hashed(thread, me, false);
  StateHash own;
  const auto words = static_cast<std::size_t>(high - state.stack), before = me.stack.size();
  me.high = high;
  for (std::size_t i = 0; i < std::min(words, before); ++i) {
    const std::uintptr_t* word = high - 1 - i;
    if (me.stack[i] == *word) continue;
    own += hash(word, *word);
    own -= hash(word, me.stack[i]);
    me.stack[i] = *word;
  }
  for (std::size_t i = words; i < before; ++i) own -= hash(high - 1 - i, me.stack[i]);
  me.stack.resize(words);
  for (std::size_t i = before; i < words; ++i) own += hash(high - 1 - i, me.stack[i] = *(high - 1 - i));
  parts_.assign(state.registers, std::end(state.registers));
  parts_.insert(parts_.end(), state.arguments, std::end(state.arguments));
  parts_.insert(parts_.end(), {operation.type->hash, reinterpret_cast<std::uintptr_t>(operation.object), operation.size,
                               operation.argument, static_cast<std::uint64_t>(errno)});
  const std::uint64_t place = mixed(operation.type->hash + mixed(*state.stack + mixed(reinterpret_cast<std::uintptr_t>(state.stack))));
  note_place(thread, place, state.stack);
  StateHash rest;
  for (std::size_t part = 0; part < parts_.size(); ++part) rest += hash(place_of(thread, part), parts_[part]);
  own += rest;
  own -= me.rest;
  me.rest = rest;
  me.sum += own;
  delta_ += own;
  modulo_counters_ += own;
  const LoopCounters::Own* left_out = counters_.none() ? nullptr : counters_.at(thread, place);
  me.counts = left_out != nullptr;
  modulo_counters_ += me.counters;
  me.counters = me.counts ? counters_of(thread, *left_out, state, high) : StateHash{};
  modulo_counters_ -= me.counters;
  return hashed(thread, me, true);
}

void StateHasher::note_place(std::uint32_t thread, std::uint64_t place, const std::uintptr_t* stack) {
  Local& me = local(thread);
  if (++me.places[place] == often) suspects_.push_back({.thread = thread, .place = place, .steps = steps_});
  if (solo_run_ != nullptr && solo_run_->begun() && solo_run_->thread() == thread) solo_run_->stands(place, parts_, stack, me.high);
}

HashedStep StateHasher::ended(std::uint32_t thread, const void* result, bool known) {
  Local& me = local(thread);
  add_writes();
  me.counts = false;
  modulo_counters_ += std::exchange(me.counters, {});
  if (!known) return hashed(thread, me, false);
  StateHash change = hash(place_of(thread, 33), reinterpret_cast<std::uintptr_t>(result));
  change -= me.sum;
  delta_ += change;
  modulo_counters_ += change;
  me.stack.clear();
  me.rest = me.sum = {};
  HashedStep step = hashed(thread, me, true);
  step.local_state = 0;
  return step;
}

std::size_t StateHasher::returns() const {
  std::size_t most = 0;
  for (const Local& each : locals_) {
    std::vector<std::uint64_t> sorted = each.local_states;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0, first = 0; i < sorted.size(); ++i) {
      if (sorted[i] != sorted[first]) first = i;
      if (sorted[i] != 0) most = std::max(most, i - first);
    }
  }
  return most;
}

std::size_t StateHasher::round(std::uint32_t thread) const {
  if (thread >= locals_.size() || locals_[thread].local_states.empty()) return 0;
  const std::vector<std::uint64_t>& all = locals_[thread].local_states;
  if (all.back() == 0) return 0;
  const auto before = std::find(all.rbegin() + 1, all.rend(), all.back());
  return before == all.rend() ? 0 : static_cast<std::size_t>(before - all.rbegin());
}

}  // namespace interleave::engine
