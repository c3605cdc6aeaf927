// What must hold of dpor's state after each execution, in builds for tests (INTERLEAVE_DPOR_FAULTS): a state that is corrupt explores something
// else than it says, mostly without a sign of it. After the idea of validateDPOR in DejaFu ("if the state is corrupted then nothing
// sensible can happen anyway").
//
//   tree       children and blocks of a node lie within it, in order; what each child needs of the items is its own; bytes add up
//   prefix     the execution made the events that its parent prescribed
//   history    events count their threads' steps; accesses lie end to end
//   order      what happens before an event includes its thread's event before, and each earlier event that it depends on, by the
//              dependence relation of operation.hpp, which the deliberate faults do not touch; nothing happens before itself
//   reversal   what is put before d with x is what x needs and does not come of d, all of it and nothing else
//   optimality no two executions that came to their end are equivalent
//
// The first thing that does not hold is said on stderr and ends the exploration as a Divergence.
#include "scheduler/strategies/dpor/dpor.hpp"

#ifdef INTERLEAVE_DPOR_FAULTS

#include <cstdio>

#include <fmt/format.h>

namespace interleave::engine::dpor {

void Dpor::must(bool holds, const char* what) {
  if (!holds && broken_ == nullptr) broken_ = what;
}

void Dpor::validate(Ending ending) {
  validate_tree();
  validate_prefix(ending);
  validate_history();
  validate_order();
  if (!showing_ && !keeps_states_ && (ending == Ending::finished || ending == Ending::quiescent || ending == Ending::deadlock)) validate_optimality();
  if (broken_ == nullptr) return;
  fmt::print(stderr, "dpor: an invariant does not hold: {}\n", broken_);
  throw Divergence(fmt::format("dpor: an invariant does not hold: {}", broken_));
}

void Dpor::validate_tree() {
  std::size_t bytes = 0;
  for (const Node& node : nodes_) bytes += node.bytes();
  must(bytes == bytes_, "tree: the bytes of all nodes add up");
  for (std::size_t i = 0; i < depth_; ++i) {
    const Node& node = nodes_[i];
    std::uint32_t items = 0;
    for (const Branch& branch : node.branches) {
      must(branch.at <= node.sequence.size(), "tree: a child begins within the sequence of its node");
      must(branch.before >= items && branch.before_end >= branch.before, "tree: the items of a child come after those of the child before");
      items = branch.before_end;
    }
    must(items <= node.items.size(), "tree: the items of a child are there");
    for (std::size_t b = 0; b < node.insertions.size(); ++b) {
      const Insertion& insertion = node.insertions[b];
      must(insertion.start <= insertion.head, "tree: a block begins before its head");
      must(b == 0 || node.insertions[b - 1].head < insertion.start, "tree: blocks do not overlap");
    }
  }
}

void Dpor::validate_prefix(Ending ending) {
  const bool whole = ending == Ending::finished || ending == Ending::quiescent || ending == Ending::deadlock;
  must(!whole || made_ >= prefix_.size(), "prefix: the execution does not end before what is prescribed has been made");
  for (std::uint32_t e = 0; e < made_ && e < prefix_.size(); ++e)
    must(events_[e].thread == prefix_[e].thread && events_[e].variant == prefix_[e].variant, "prefix: the events are those that are prescribed");
}

void Dpor::validate_history() {
  must(made_ == events_.size(), "history: there are as many events as were made");
  std::vector<Count> counted(family_.size());
  for (std::uint32_t e = 0; e < events_.size(); ++e) {
    const StepRecord& event = events_[e];
    must(event.thread < counted.size() && ++counted[event.thread] == event.index, "history: events count the steps of their thread");
    must(event.touches <= event.touches_end, "history: the accesses of an event are a range");
    must(event.touches == (e == 0 ? 0 : events_[e - 1].touches_end), "history: the accesses of events lie end to end");
  }
  must(events_.size() == 0 || events_.back().touches_end == accesses_.size(), "history: the last accesses are those of the last event");
}

void Dpor::validate_order() {
  std::vector<std::uint32_t> last(family_.size(), none);
  for (std::uint32_t e = 0; e < events_.size(); ++e) {
    const StepRecord& event = events_[e];
    const Count* row = clock(e);
    must(row[event.thread] == event.index, "order: an event is its thread's latest in its own clock");
    if (const std::uint32_t before = std::exchange(last[event.thread], e); before != none)
      for (std::uint32_t t = 0; t < width_; ++t) must(clock(before)[t] <= row[t], "order: the event before it of its thread happens before an event");
    for (std::uint32_t t = 0; t < family_.size(); ++t)
      must(row[t] <= (last[t] == none ? 0 : events_[last[t]].index), "order: nothing that comes later happens before an event");
    for (std::uint32_t own = event.touches; own < event.touches_end; ++own)
      for (std::uint32_t other = 0; other < event.touches; ++other)
        must(!dependent(accesses_[other].touch, accesses_[own].touch) || within(accesses_[other].event, row), "order: what an event depends on happens before it");
  }
}

// Just before the race of d with x, which has been executed, becomes a child. past_: what is put before d with x.
void Dpor::validate_reversal(std::uint32_t d, std::uint32_t x) {
  const StepRecord& reversed = events_[d];
  for (std::uint32_t e = d + 1; e < x; ++e) {
    const bool needed = within(e, clock(x)) && clock(e)[reversed.thread] < reversed.index;
    must(within(e, past_.data()) == needed, "reversal: what is put before d is what x needs and does not come of d");
  }
}

// An execution's class: which events there are, and what happens before each.
void Dpor::validate_optimality() {
  std::uint64_t sum = 0;
  for (std::uint32_t e = 0; e < events_.size(); ++e) {
    std::uint64_t hash = 0x9e3779b97f4a7c15ULL;
    const auto add = [&](std::uint64_t value) {
      hash = (hash ^ value) * 0xbf58476d1ce4e5b9ULL;
      hash ^= hash >> 29;
    };
    add(events_[e].thread);
    add(events_[e].variant);
    add(events_[e].type);
    for (std::uint32_t t = 0; t < family_.size(); ++t)
      if (clock(e)[t] > 0) add(std::uint64_t{t} << 32 | clock(e)[t]);
    sum += hash;
  }
  must(classes_.insert(sum).second, "optimality: no two executions are equivalent");
}

}  // namespace interleave::engine::dpor

#endif
