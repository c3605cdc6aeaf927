// Threads that have come back to where they were, where states are kept (states.hpp).
//
// Think of what happened before an event e of thread T, with e itself, as an execution of its own: [e]. If some of its events D lead
// from a state back to that very state -- what D is made of follows what [e] has before it, and the weights of D come to nothing --
// then whatever an execution that contains [e] comes to, it comes to without D as well, and is shorter. So T *stops* after e for the rest
// of the execution. It depends on nothing but [e], so equivalent executions stop the same threads at the same events, and the rest
// is a program like any other, of which each class is explored once. The shortest execution that comes to a state has no such D in
// it, and is among them.
//
// Not every D is looked for; only where T stands where it stood before, and of those
//
//   * what T did since, and what depends on that:   T alone, a round that nobody else has seen, or several threads in step;
//   * what lies between two levels, where the level of an event is the length of the longest chain of events up to it. In a program
//     with finitely many states this ends every execution: with more levels than states, two of them end in the same state.
//
// The way round must have been gone twice. What is left out is left out of executions in which it was gone once: so a race with what
// is done on the way is there.
#include <interleave/scheduler/dpor.hpp>

#include <algorithm>

namespace interleave::engine::dpor {
namespace {

constexpr std::size_t rounds = 2;

}  // namespace

// The event that was made last, of whatever was made before.
void Dpor::place(std::uint32_t event) {
  Event& made = events_[event];
  made.weighed = false;
  made.weight = {};
  if (own_.size() < threads_.size()) own_.resize(threads_.size());
  own_[made.thread].push_back(event);
  const Count* past = clock(event);
  Count before = 0;
  for (std::uint32_t thread = 0; thread < own_.size(); ++thread) {
    const Count index = past[thread] - (thread == made.thread);
    if (index > 0) before = std::max(before, events_[own_[thread][index - 1]].level);
  }
  made.level = before + 1;
}

void Dpor::weighed(std::uint32_t id, const States::Weighed& step) {
  const std::uint32_t key = key_of_[id];
  Thread& thread = threads_[key];
  if (stands_.size() <= key) stands_.resize(key + 1);
  if (thread.last != none) {
    Event& event = events_[thread.last];
    event.weighed = true;
    event.weight += step.weight;
    thread.stopped = step.standing != 0 && has_come_back(key, step.standing);
  }
  stands_[key].push_back({step.standing, thread.made});
}

// `thread`, which has announced something, stands as `standing` says.
bool Dpor::has_come_back(std::uint32_t thread, std::uint64_t standing) {
  const std::vector<Stand>& stands = stands_[thread];
  std::size_t returns = 0, nothing = 0;
  for (auto before = stands.rbegin(); before != stands.rend(); ++before) {
    if (before->standing != standing) continue;
    ++returns;
    nothing += comes_to_nothing(thread, before->made);
    if (nothing == rounds) return true;
  }
  return returns >= rounds && repeats_a_level(threads_[thread].last);
}

// Whether all that `thread` did after its first `made` events, and what of [its last one] depends on that, comes to nothing.
bool Dpor::comes_to_nothing(std::uint32_t thread, Count made) {
  const std::uint32_t last = threads_[thread].last;
  const Count* past = clock(last);
  Weight sum;
  for (std::uint32_t e = own_[thread][made]; e <= last; ++e) {
    if (!within(e, past) || clock(e)[thread] <= made) continue;
    if (!events_[e].weighed) return false;
    sum += events_[e].weight;
  }
  return sum.nothing();
}

// Whether so many levels of [event] end in one and the same state that the way round between them was gone as often as it must be.
bool Dpor::repeats_a_level(std::uint32_t event) {
  sums_.assign(events_[event].level + 1, {});
  const Count* past = clock(event);
  for (std::uint32_t e = 0; e <= event; ++e) {
    if (!within(e, past)) continue;
    sums_[events_[e].level] += events_[e].weighed ? events_[e].weight : Weight{.a = e + 1, .b = 1};
  }
  for (std::size_t level = 1; level < sums_.size(); ++level) sums_[level] += sums_[level - 1];
  std::sort(sums_.begin(), sums_.end(), [](const Weight& a, const Weight& b) { return a.a != b.a ? a.a < b.a : a.b < b.b; });
  for (std::size_t i = rounds; i < sums_.size(); ++i)
    if (sums_[i] == sums_[i - rounds]) return true;
  return false;
}

}  // namespace interleave::engine::dpor
