// Cutting cycles: threads that have come back to an earlier state, where states are kept (state_hasher.hpp).
//
// Let [e] be an event e of thread T together with all events that happen before e; [e] is an execution of its own. Let D be a set of events
// of [e] that leads from a state back to that same state: no event of [e] outside D happens after an event of D, and the deltas of D add
// up to zero. Then every state that an execution with [e] reaches is also reached without D, by a shorter execution. So T *stops* after e for the
// rest of the execution. The decision depends on nothing but [e]. So equivalent executions stop the same threads at the same events, and what
// is left is a program like any other, of which each class is explored once. The shortest execution that reaches a state contains no
// such D, and is among those explored.
//
// Not every D is looked for. T must be in a local state in which it was before, and D must be one of
//
//   * what T did since, and what depends on that:   a lap of T alone that nobody else has seen, or several threads in step;
//   * what lies between two levels, where the level of an event is the length of the longest chain of events up to it. In a program
//     with finitely many states this ends every execution: with more levels than states, two of them end in the same state.
//
// A cycle is cut only after its second lap, or later where there are counters (loop_counters.hpp). So every race with the first lap is still seen.
#include "scheduler/strategies/dpor/dpor.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace interleave::engine::dpor {
namespace {

constexpr std::size_t rounds_least = 2;

// Whether a thread that has come back for the `times`th time is examined: up to 64 always, then 32 times between two powers of two. So the
// examinations of an execution of length n cost O(n log n).
bool is_asked(std::size_t times) { return times > 0 && (times < 64 || times % (std::bit_floor(times) / 32) == 0); }

}  // namespace

// Computes the level of the event made last: one more than the highest level of the events that happen before it.
void Dpor::place(std::uint32_t event) {
  const StepRecord& made = events_[event];
  step_hashes_.resize(event);
  StepHashes& hashes = step_hashes_.emplace_back();
  if (own_.size() < threads_.size()) own_.resize(threads_.size());
  own_[made.thread].push_back(event);
  const Count* past = clock(event);
  Count before = 0;
  for (std::uint32_t thread = 0; thread < own_.size(); ++thread) {
    const Count index = past[thread] - (thread == made.thread);
    if (index > 0) before = std::max(before, step_hashes_[own_[thread][index - 1]].level);
  }
  hashes.level = before + 1;
}

void Dpor::hashed(std::uint32_t id, const HashedStep& step) {
  const std::uint32_t key = key_of_[id];
  Thread& thread = threads_[key];
  if (stands_.size() <= key) stands_.resize(key + 1);
  Stands& stands = stands_[key];
  Stand stand{.made = thread.made, .before = none, .times = 0};
  const auto number = static_cast<std::uint32_t>(stands.all.size());
  if (step.local_state != 0) {
    const auto [latest, first] = stands.latest.try_emplace(step.local_state, number);
    if (!first) {
      stand.before = std::exchange(latest->second, number);
      stand.times = stands.all[stand.before].times + 1;
    }
  }
  if (thread.last != none) {
    StepHashes& event = step_hashes_[thread.last];
    event.hashed = true;
    event.delta += step.delta;
    event.modulo_counters += step.modulo_counters;
    thread.stopped = is_asked(stand.times) && has_come_back(key, stand, step.counts);
  }
  stands.all.push_back(stand);
}

// Whether `thread`, which has just announced an operation in local state `stand`, has gone round often enough to stop. `modulo_counters`: without counters.
bool Dpor::has_come_back(std::uint32_t thread, const Stand& stand, bool modulo_counters) {
  const std::size_t rounds = modulo_counters ? rounds_counting_ : rounds_least;
  add_up(thread, stand, modulo_counters);
  std::size_t nothing = 0;
  for (std::uint32_t before = stand.before; before != none; before = stands_[thread].all[before].before) {
    nothing += sums_[stands_[thread].all[before].made].nothing();
    if (nothing == rounds) return true;
  }
  return stand.times >= rounds && repeats_a_level(threads_[thread].last, modulo_counters, rounds);
}

// Makes sums_[n], for each time before that `thread` stood so, after n events: the sum of all that it did since, and of what of [its
// last event] depends on that.
void Dpor::add_up(std::uint32_t thread, const Stand& stand, bool modulo_counters) {
  const std::uint32_t last = threads_[thread].last;
  const Count* past = clock(last);
  Count first = 0;
  for (std::uint32_t before = stand.before; before != none; before = stands_[thread].all[before].before)
    first = stands_[thread].all[before].made;
  sums_.assign(threads_[thread].made + 1, {});
  for (std::uint32_t e = own_[thread].at(first); e <= last; ++e) {
    const Count since = clock(e)[thread];  // it depends on this event of the thread, and not on the next
    if (since > first && within(e, past)) sums_[since - 1] += known_delta(e, modulo_counters);
  }
  for (std::size_t n = sums_.size() - 1; n-- > first;) sums_[n] += sums_[n + 1];
}

// Whether so many levels of [event] end in one and the same state that the way round between them was gone as often as it must be.
bool Dpor::repeats_a_level(std::uint32_t event, bool modulo_counters, std::size_t rounds) {
  sums_.assign(step_hashes_[event].level + 1, {});
  const Count* past = clock(event);
  for (std::uint32_t e = 0; e <= event; ++e) {
    if (!within(e, past)) continue;
    sums_[step_hashes_[e].level] += known_delta(e, modulo_counters);
  }
  for (std::size_t level = 1; level < sums_.size(); ++level) sums_[level] += sums_[level - 1];
  std::sort(sums_.begin(), sums_.end(), [](const StateHash& a, const StateHash& b) { return a.a != b.a ? a.a < b.a : a.b < b.b; });
  for (std::size_t i = rounds; i < sums_.size(); ++i)
    if (sums_[i] == sums_[i - rounds]) return true;
  return false;
}

}  // namespace interleave::engine::dpor
