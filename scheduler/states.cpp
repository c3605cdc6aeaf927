#include <interleave/scheduler/states.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <iterator>
#include <utility>

#include <interleave/scheduler/memory.hpp>

namespace interleave::engine {
namespace {

// splitmix64's.
std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Weight hash(std::uint64_t place, std::uint64_t value) {
  return {.a = mixed(place * 0x9e3779b97f4a7c15ULL + mixed(value + 0x6a09e667f3bcc909ULL)),
          .b = mixed(value * 0xd1342543de82ef95ULL + mixed(place ^ 0xbb67ae8584caa73bULL))};
}

// Where threads stand is kept at addresses that no word has.
std::uint64_t place_of(std::uint32_t thread, std::uint64_t part) { return 2 * (std::uint64_t{thread} * 64 + part) + 1; }

}  // namespace

void States::begin_execution() {
  for (Local& each : locals_) {
    each.stack.clear();
    each.rest = each.sum = {};
    each.known = false;
    each.standings.clear();
    each.places.clear();
  }
  suspects_.clear();
  steps_ = 0;
  written_.clear();
  freed_.clear();
  words_.clear();
  outcome_ = outcome_change_ = {};
  unique_ = false;
  history_ = uniques_ = 0;
  now_ = {};
}

States::Local& States::local(std::uint32_t thread) {
  if (thread >= locals_.size()) locals_.resize(thread + 1);
  return locals_[thread];
}

Weight States::hash_of(const std::uintptr_t* word, std::uintptr_t value) const {
  return counters_.contains(word) ? Weight{} : hash(reinterpret_cast<std::uintptr_t>(word), value);
}

void States::chosen(std::uint32_t thread, std::uint32_t variant) {
  ++steps_;
  history_ = mixed(history_ + (std::uint64_t{thread} << 32 | variant) + 0x9e3779b97f4a7c15ULL);
}

void States::wrote(const void* p, std::size_t size) {
  const auto begin = reinterpret_cast<std::uintptr_t>(p);
  for (std::uintptr_t at = begin & ~std::uintptr_t{7}; at < begin + size; at += sizeof at) {
    auto* word = reinterpret_cast<std::uintptr_t*>(at);
    written_.push_back({word, *word});
  }
}

void States::has_outcome(std::string_view value) {
  const Weight now = hash(place_of(0, 34), std::hash<std::string_view>{}(value) + 1);
  outcome_change_ += now;
  outcome_change_ -= std::exchange(outcome_, now);
}

void States::allocates() { unique_ |= counters_.none() || reuses_blocks; }

void States::freed(const void* p, std::size_t size) {
  if (counters_.none() || reuses_blocks) {
    beyond();
    return;
  }
  auto* from = static_cast<std::uintptr_t*>(const_cast<void*>(p));
  freed_.emplace_back(from, from + (size + sizeof *from - 1) / sizeof *from);
}

// What was written, in the stacks of other threads or elsewhere.
void States::add_writes(Weight& weight) {
  weight += std::exchange(outcome_change_, {});
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
    Weight change = hash_of(word, *word);
    change -= hash_of(word, *counted);
    weight += change;
    if (owner != nullptr) owner->sum += change;
    *counted = *word;
  }
  written_.clear();
  for (const auto& [from, to] : freed_) {
    for (std::uintptr_t* word = from; word < to; ++word) {
      const auto known = words_.find(word);
      if (known == words_.end()) continue;
      weight += hash_of(word, known->second.first);
      weight -= hash_of(word, known->second.counted);
      words_.erase(known);
    }
  }
  freed_.clear();
}

States::Weighed States::weighed(std::uint32_t thread, Local& local, Weight weight, bool known) {
  if (std::exchange(unique_, false) || !known || !local.known) weight += hash(place_of(thread, 32), history_ + ++uniques_);
  local.known = known;
  now_ += weight;
  const std::uint64_t standing = known ? (local.sum.a ^ mixed(local.sum.b)) | 1 : 0;
  local.standings.push_back(standing);
  return {weight, standing};
}

States::Weighed States::announced(std::uint32_t thread, const Operation& operation, const CallState& state, const std::uintptr_t* high) {
  Weight weight;
  Local& me = local(thread);
  if (lonely_ != nullptr && lonely_->begun() && lonely_->thread() == thread)
    for (const auto& [word, before] : written_) lonely_->wrote(word, before);
  add_writes(weight);
  if (!operation.type->noted) return weighed(thread, me, weight, false);
  Weight own;
  const auto words = static_cast<std::size_t>(high - state.stack), before = me.stack.size();
  me.high = high;
  for (std::size_t i = 0; i < std::min(words, before); ++i) {
    const std::uintptr_t* word = high - 1 - i;
    if (me.stack[i] == *word) continue;
    own += hash_of(word, *word);
    own -= hash_of(word, me.stack[i]);
    me.stack[i] = *word;
  }
  for (std::size_t i = words; i < before; ++i) own -= hash_of(high - 1 - i, me.stack[i]);
  me.stack.resize(words);
  for (std::size_t i = before; i < words; ++i) own += hash_of(high - 1 - i, me.stack[i] = *(high - 1 - i));
  parts_.assign(state.registers, std::end(state.registers));
  parts_.insert(parts_.end(), state.arguments, std::end(state.arguments));
  parts_.insert(parts_.end(), {operation.type->hash, reinterpret_cast<std::uintptr_t>(operation.object), operation.size,
                               operation.argument, static_cast<std::uint64_t>(errno)});
  const std::uint64_t place = mixed(operation.type->hash + mixed(*state.stack + mixed(reinterpret_cast<std::uintptr_t>(state.stack))));
  note_place(thread, place, state.stack);
  Weight rest;
  for (std::size_t part = 0; part < parts_.size(); ++part)
    if (!counters_.contains(thread, place, part)) rest += hash(place_of(thread, part), parts_[part]);
  own += rest;
  own -= me.rest;
  me.rest = rest;
  me.sum += own;
  weight += own;
  return weighed(thread, me, weight, true);
}

void States::note_place(std::uint32_t thread, std::uint64_t place, const std::uintptr_t* stack) {
  Local& me = local(thread);
  if (++me.places[place] == often) suspects_.push_back({.thread = thread, .place = place, .steps = steps_});
  if (lonely_ != nullptr && lonely_->begun() && lonely_->thread() == thread) lonely_->stands(place, parts_, stack, me.high);
}

States::Weighed States::ended(std::uint32_t thread, const void* result, bool known) {
  Weight weight;
  Local& me = local(thread);
  add_writes(weight);
  if (!known) return weighed(thread, me, weight, false);
  weight -= me.sum;
  me.stack.clear();
  me.rest = me.sum = {};
  weight += hash(place_of(thread, 33), reinterpret_cast<std::uintptr_t>(result));
  return {weighed(thread, me, weight, true).weight, 0};
}

std::size_t States::returns() const {
  std::size_t most = 0;
  for (const Local& each : locals_) {
    std::vector<std::uint64_t> sorted = each.standings;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0, first = 0; i < sorted.size(); ++i) {
      if (sorted[i] != sorted[first]) first = i;
      if (sorted[i] != 0) most = std::max(most, i - first);
    }
  }
  return most;
}

std::size_t States::round(std::uint32_t thread) const {
  if (thread >= locals_.size() || locals_[thread].standings.empty()) return 0;
  const std::vector<std::uint64_t>& all = locals_[thread].standings;
  if (all.back() == 0) return 0;
  const auto before = std::find(all.rbegin() + 1, all.rend(), all.back());
  return before == all.rend() ? 0 : static_cast<std::size_t>(before - all.rbegin());
}

}  // namespace interleave::engine
