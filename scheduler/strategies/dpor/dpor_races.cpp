#include "scheduler/strategies/dpor/dpor.hpp"

#include <functional>

namespace interleave::engine::dpor {

// The last step and all that came of it are known: which races does it complete?
void Dpor::settle() {
  const bool judged = !showing_ && made_ >= prefix_.size() && made_ > retained_ && made_ > 0;  // its block, if any, is complete
  if (judged) {
    const std::uint32_t last = made_ - 1;
    if (!settled_) judge_executed(last);
    if (!planted(PlantedFault::waiting_is_not_judged)) {
      for (const std::uint32_t thread : waiting_) {
        if (threads_[thread].pending != nullptr) judge_waiting(thread, last, threads_[thread].fresh);
      }
    }
    for (const Withdrawn& x : withdrawn_) judge_withdrawn(x, last);
  }
  settled_ = true;
  for (const std::uint32_t thread : fresh_) threads_[thread].fresh = false;
  fresh_.clear();
}

// The races of x, which was made last, are in races_: what it depends on and what does not happen before its thread's event before it. (What
// happens before one of these is not among them: x cannot come before that without coming before that one first.)
void Dpor::judge_executed(std::uint32_t x) {
  const StepRecord& event = events_[x];
  if (event.variant != 0 && x + 1 == prefix_.size()) return;  // its first alternative is judged
  if (std::all_of(races_.begin(), races_.end(), [&](std::uint32_t d) { return events_[d].in_block; })) return;
  if (event.touches_end - event.touches > 1 || !askers_.empty() || wide_ != none) {
    std::sort(races_.begin(), races_.end(), std::greater<>());
    races_.erase(std::unique(races_.begin(), races_.end()), races_.end());
  }
  x_.reaches.clear();
  for (std::uint32_t t = event.touches; t < event.touches_end; ++t)
    x_.reaches.push_back({.touch = accesses_[t].touch, .slot = accesses_[t].slot, .effect = accesses_[t].effect, .state = accesses_[t].state});
  reach_widely(x_);
  x_.thread = event.thread;
  x_.ends = ends_;
  const bool may_fail = last_type_->fails != nullptr;
  if (may_fail) seen_ = x_;
  // Latest first. What x needs of what came after d: its thread's past, and what it depends on and does not come of d.
  copy(past_.data(), before());
  for (const std::uint32_t d : races_) {
    // Whether x could come before d at all: not if it must come before something first that comes after d.
    if (within(d, past_.data())) continue;
    if (!events_[d].in_block) {
      if (may_fail) {
        x_ = seen_;
        as_before(d, event.thread);
      }
      const std::vector<Count> needed = planted(PlantedFault::forgets_what_x_needs) ? past_ : std::vector<Count>{};
      if (planted(PlantedFault::forgets_what_x_needs)) copy(past_.data(), before());
      judge(d, event.thread, Kind::executed, x);
      if (planted(PlantedFault::forgets_what_x_needs)) past_ = needed;
    }
    join(past_.data(), clock(d));
  }
}

// Whether something wrote, before position `below`, some but not just the bytes of `own`. A compare-exchange that
// fails then counts as a write: if it would succeed without that, it would depend on accesses to the other bytes that do not
// depend on that, and that it need not have waited for.
bool Dpor::part_was_written(std::uint32_t slot, const Touch& own, std::uint32_t below) const {
  for (std::uint32_t t = slots_[slot].last; t != none; t = accesses_[t].previous) {
    const AccessRecord& access = accesses_[t];
    if (access.event < below && access.touch.access == Access::write && dependent(access.touch, own) &&
        (access.touch.address != own.address || access.touch.size != own.size))
      return true;
  }
  return false;
}

// Makes x_ the accesses that the last event, of `thread`, will make before d, where it may succeed instead of failing.
void Dpor::as_before(std::uint32_t d, std::uint32_t thread) {
  const Touch own = first_touch(last_);
  for (std::uint32_t t = events_[d].touches; t < events_[d].touches_end; ++t) {
    const AccessRecord& access = accesses_[t];
    if (!conflict(access.touch, own)) continue;
    std::uint64_t state = access.state;
    if (access.touch.address != own.address || access.touch.size != own.size) {
      if (own.size > 8 || access.touch.size > 8) {  // it is not known, so it counts as what depends on most
        x_.reaches[0].touch.access = Access::write;
        continue;
      }
      // Words of different sizes overlap: the bytes that d writes, as they were; the others as x finds them.
      state = last_.state;
      for (std::uint32_t i = 0; i < access.touch.size; ++i) {
        const std::uintptr_t at = access.touch.address + i - own.address;
        if (at >= own.size) continue;
        state &= ~(std::uint64_t{0xff} << 8 * at);
        state |= (access.state >> 8 * i & 0xff) << 8 * at;
      }
    }
    const bool fails = last_.type->fails(last_, state, threads_[thread].id);
    if (last_.second != nullptr && last_.type->second != When::always) {
      Operation as = last_;
      as.failed = fails;
      describe(x_, thread, as);
    }
    x_.reaches[0].touch.access = fails && !part_was_written(x_.reaches[0].slot, x_.reaches[0].touch, d) ? last_.type->failed : last_.type->access;
  }
  for (Footprint::Reach& reach : x_.reaches)
    if (reach.slot == wide_ && reach.touch.address == own.address) reach.touch.access = x_.reaches[0].touch.access;
}

// `thread` has announced something that its object may keep from happening, and `last` is the step made last: either by it the
// announcement came about, or the announcement was there already.
void Dpor::judge_waiting(std::uint32_t thread, std::uint32_t last, bool fresh) {
  const Touch wanted = first_touch(*threads_[thread].pending);
  const Count* before = now(thread);
  if (!fresh) {
    // Only what touches the object changes anything.
    bool met = !askers_.empty() && askers_.back().first == last && may_end(thread, askers_.back().second);
    for (std::uint32_t t = events_[last].touches; t < events_[last].touches_end; ++t) {
      const AccessRecord& access = accesses_[t];
      // What only gave something back, to one at a time, makes nobody wait, and all before it come before it.
      if (access.effect >= 0 && access.touch.access == Access::write && access.touch.address == wanted.address) continue;
      met |= conflict(access.touch, wanted);
    }
    if (!met) return;
  }
  describe(x_, thread, *threads_[thread].pending);
  races_.clear();
  each_conflict(x_, made_, [&](std::uint32_t d, bool covered) {
    const bool done = within(d, before);
    if (!done) races_.push_back(d);
    return !(covered && (done || (!fresh && d == last)));  // what comes before the last step is nothing new
  });
  std::sort(races_.begin(), races_.end(), std::greater<>());
  races_.erase(std::unique(races_.begin(), races_.end()), races_.end());
  for (const std::uint32_t d : races_) {
    const StepRecord& reversed = events_[d];
    if (reversed.in_block) continue;
    if (!fresh && d != last && clock(last)[reversed.thread] >= reversed.index) continue;  // nothing new for this one
    // Those that x would depend on and that do not come of d: each set of them that is closed is a past of x.
    open_.clear();
    for (const std::uint32_t e : races_)
      if (e > d && clock(e)[reversed.thread] < reversed.index) open_.push_back(e);
    std::sort(open_.begin(), open_.end());
    subset_rows_.resize(std::max(subset_rows_.size(), open_.size() + 1));
    subset_rows_[0].assign(before, before + width_);
    judge_subsets(d, thread, Kind::announced, !fresh && d != last ? last : none, 0);
  }
}

// A timeout was there before the event that woke its thread, with nothing left to happen before it but what asks whether that
// thread has ended, now or later; what woke it wrote what it would have written.
void Dpor::judge_withdrawn(const Withdrawn& x, std::uint32_t last) {
  const StepRecord& waker = events_[x.by];
  if (waker.in_block) return;
  if (x.by != last) {
    if (askers_.empty() || askers_.back().first != last || !may_end(x.thread, askers_.back().second)) return;
    if (clock(last)[waker.thread] >= waker.index) return;
  }
  x_.reaches.clear();
  reach(x_, accesses_[waker.touches].touch, 0, 0);
  reach_widely(x_);
  x_.thread = x.thread;
  x_.ends = none;
  open_.clear();
  for (const auto& [asker, asked] : askers_)
    if (asker > x.by && may_end(x.thread, asked) && clock(asker)[waker.thread] < waker.index) open_.push_back(asker);
  subset_rows_.resize(std::max(subset_rows_.size(), open_.size() + 1));
  subset_rows_[0].assign(clock(x.own), clock(x.own) + width_);
  judge_subsets(x.by, x.thread, Kind::withdrawn, x.by != last ? last : none, 0);
}

// Judges the race with each closed set of open_ (from `next` on; `needed` among them, if any) as what x needs as well.
void Dpor::judge_subsets(std::uint32_t d, std::uint32_t thread, Kind kind, std::uint32_t needed, std::size_t next) {
  if (next == open_.size()) {
    copy(past_.data(), subset_rows_[next].data());
    judge(d, thread, kind, none);
    return;
  }
  const std::uint32_t e = open_[next];
  const std::vector<Count>& row = subset_rows_[next];
  if (e != needed && !within(e, row.data())) {
    subset_rows_[next + 1] = row;
    judge_subsets(d, thread, kind, needed, next + 1);
  }
  // With it: nothing that was left out may happen before it.
  for (std::size_t i = 0; i < next; ++i)
    if (!within(open_[i], row.data()) && within(open_[i], clock(e))) return;
  subset_rows_[next + 1] = row;
  join(subset_rows_[next + 1].data(), clock(e));
  judge_subsets(d, thread, kind, needed, next + 1);
}

// What the events from d on that are not kept added to the availability of the object of x.
std::int64_t Dpor::effects_given_up(std::uint32_t d, std::uint32_t x_event, const Count* kept) {
  std::int64_t sum = 0;
  for (std::uint32_t t = slots_[x_.reaches[0].slot].last; t != none && accesses_[t].event >= d; t = accesses_[t].previous)
    if (accesses_[t].event != x_event && accesses_[t].touch.address == x_.reaches[0].touch.address && !within(accesses_[t].event, kept))
      sum += accesses_[t].effect;
  return sum;
}

// Whether, as far as the blocks directly before d go that were put there because of d, x comes after their heads.
bool Dpor::first_in_chain(std::uint32_t d, std::uint32_t thread) {
  if (planted(PlantedFault::chains_are_not_ordered)) return true;
  const StepRecord& reversed = events_[d];
  std::uint32_t end = d;
  bool known = false;
  for (auto insertion = current_.insertions.rbegin(); insertion != current_.insertions.rend(); ++insertion) {
    if (insertion->head >= end) continue;
    if (insertion->head + 1 != end || insertion->alternative || insertion->thread != reversed.thread ||
        insertion->index != reversed.index || insertion->type != reversed.type)
      return true;
    if (!std::exchange(known, true)) {
      // All that happens before x once d does not.
      copy(whole_past_.data(), past_.data());
      each_conflict(x_, d, [&](std::uint32_t e, bool covered) {
        join(whole_past_.data(), clock(e));
        return !covered;
      });
    }
    if (within(insertion->head, whole_past_.data())) return true;
    if (thread < events_[insertion->head].thread) return false;
    end = insertion->start;
  }
  return true;
}

// Is this the execution in which x, an event of `thread` with the accesses x_, is to be put before d? past_: what happens
// before x then, as far as it comes after d.
void Dpor::judge(std::uint32_t d, std::uint32_t thread, Kind kind, std::uint32_t x_event) {
  const StepRecord& reversed = events_[d];
  const Count* past = past_.data();

  // Everything that is given up must be as the default has it.
  for (auto insertion = current_.insertions.rbegin(); insertion != current_.insertions.rend() && insertion->head > d; ++insertion) {
    if (planted(PlantedFault::heads_may_be_given_up)) break;
    if (insertion->head == x_event) {
      if (insertion->alternative) return;
    } else if (!within(insertion->head, past)) {
      return;
    }
  }

  // Can x happen without d, and would it have to wait after it?
  std::int64_t slack = unblockable;
  if (kind == Kind::executed) slack = threads_[thread].slack;
  if (kind == Kind::announced) slack = view_->slack_of(threads_[thread].id);
  if (slack < unblockable / 2) {
    slack -= effects_given_up(d, x_event, past);
    if (slack < 0) return;
    std::int32_t effect = 0;
    for (std::uint32_t t = reversed.touches; t < reversed.touches_end; ++t)
      if (accesses_[t].touch.address == x_.reaches[0].touch.address) effect = accesses_[t].effect;
    if ((slack + effect < 0) != (kind == Kind::announced)) return;
  } else if (kind == Kind::announced) {
    return;  // nothing keeps it waiting: judged when it happens
  }

  if (!first_in_chain(d, thread)) return;
  if constexpr (validates) {
    if (kind == Kind::executed) validate_reversal(d, x_event);
  }
  const auto before = static_cast<std::uint32_t>(current_.items.size());
  for (std::uint32_t e = d + 1; e < made_; ++e)
    if (e != x_event && within(e, past)) current_.items.push_back({events_[e].thread, events_[e].variant});
  current_.branches.push_back({.at = d, .before = before, .before_end = static_cast<std::uint32_t>(current_.items.size()),
                               .head = {thread, 0}, .alternative = false, .sibling = false, .thread = reversed.thread,
                               .index = reversed.index, .type = reversed.type});
}

}  // namespace interleave::engine::dpor
