#include "scheduler/strategies/dpor/dpor.hpp"

#include <functional>
#include <span>

namespace interleave::engine::dpor {

void Dpor::widen() {
  const std::uint32_t wider = clock_rows::wider_than(width_);
  const auto spread = [&](std::vector<Count>& rows) {
    std::vector<Count> result(rows.size() / width_ * wider);
    for (std::size_t i = 0; i < rows.size(); ++i) result[i / width_ * wider + i % width_] = rows[i];
    rows = std::move(result);
  };
  spread(clocks_);
  spread(joined_);
  for (std::vector<Count>* row : {&past_, &whole_past_, &row_, &zeros_}) row->resize(wider);
  width_ = wider;
}

void Dpor::make_room(std::uint32_t id) {
  while (family_.size() > width_) widen();
  room_ = static_cast<std::uint32_t>(family_.size());
  threads_.resize(room_);
  joined_.resize(family_.size() * width_);
  if (id >= key_of_.size()) key_of_.resize(id + 1);
}

Dpor::Thread& Dpor::add_thread(std::uint32_t id, std::uint32_t key) {
  if (key >= room_ || id >= key_of_.size()) [[unlikely]] make_room(id);
  key_of_[id] = key;
  if (id != key) keys_are_ids_ = false;
  Thread& thread = threads_[key];
  thread.id = id;
  thread.made = 0;
  thread.last = none;
  thread.past.size = 0;
  thread.past.row = false;
  thread.fresh = thread.waits = thread.stopped = false;
  thread.child = thread.group = none;
  thread.begin = {0, 0};
  thread.pending = nullptr;
  thread.slack = unblockable;
  thread.saved = moment_;  // before, it was not there
  return thread;
}

// ---- what happens before a thread ---------------------------------------------------------------------------------------

const Count* Dpor::now(std::uint32_t thread) {
  const Past& past = threads_[thread].past;
  if (past.row || past.size > 1) join_past(thread);
  return past.row ? joined(thread) : past.size == 1 ? clock(past.events[0]) : zeros_.data();
}

// All of it into one row.
void Dpor::join_past(std::uint32_t thread) {
  save(threads_[thread]);
  save_past(thread);
  Past& past = threads_[thread].past;
  Count* row = joined(thread);
  std::uint32_t i = 0;
  if (!std::exchange(past.row, true)) copy(row, clock(past.events[i++]));
  for (; i < past.size; ++i) join(row, clock(past.events[i]));
  past.size = 0;
}

inline void Dpor::happens_before(std::uint32_t event, std::uint32_t thread) {
  save(threads_[thread]);
  Past& past = threads_[thread].past;
  if (past.size == Past::most) [[unlikely]] join_past(thread);
  past.events[past.size++] = event;
}

// What has happened before `thread` happens before `other`.
inline void Dpor::happens_before_all_of(std::uint32_t thread, std::uint32_t other) {
  const Past& past = threads_[thread].past;
  if (past.row) [[unlikely]] {
    save(threads_[other]);
    if (threads_[other].past.row) save_past(other);
    if (std::exchange(threads_[other].past.row, true)) {
      join(joined(other), joined(thread));
    } else {
      copy(joined(other), joined(thread));
    }
  }
  for (std::uint32_t i = 0; i < past.size; ++i) happens_before(past.events[i], other);
}

void Dpor::created(std::uint32_t parent, std::uint32_t child, bool in_parallel) {
  const std::uint32_t from = key_of_[parent];
  const std::uint32_t key = family_.child(from, threads_[from].child);
  save(threads_[from]);
  threads_[from].child = key;
  Thread& thread = add_thread(child, key);
  thread.begin = position(from);
  if (in_parallel) thread.group = from;
  if (threads_[from].past.size > 1) join_past(from);  // once for all that it creates
  happens_before_all_of(from, key);
  if (under_way_ && from == chosen_) late_.emplace_back(from, key);
}

void Dpor::ordered(std::uint32_t before, std::uint32_t after) {
  const std::uint32_t from = key_of_[before], to = key_of_[after];
  if (planted(PlantedFault::no_wake_order) && threads_[to].made > 0) return;
  if (under_way_ && from == chosen_) {
    late_.emplace_back(from, to);
  } else {
    happens_before_all_of(from, to);
  }
}

// Where a thread stands: behind its last event, or where it was created.
SectionOverlap::Position Dpor::position(std::uint32_t thread) const {
  const Count made = threads_[thread].made + (under_way_ && chosen_ == thread);
  return made > 0 ? SectionOverlap::Position{thread, made} : threads_[thread].begin;
}

void Dpor::entered(std::uint32_t id, std::uint64_t section, std::size_t most) {
  const std::uint32_t thread = key_of_[id];
  copy(past_.data(), now(thread));
  for (const auto& [from, to] : late_) {  // it runs for the first time, as part of the step that creates it
    if (to != thread) continue;
    join(past_.data(), now(from));
    past_[from] = threads_[from].made + 1;
  }
  visits_.enter(section, most, thread, position(thread), past_);
}

void Dpor::left(std::uint32_t id, std::uint64_t section) {
  const std::uint32_t thread = key_of_[id];
  visits_.leave(section, thread, position(thread));
}

// Were more threads in a section than it admits, in an execution that is equivalent to the one that has ended? Then that one is
// next: what happens before all but the last of them begin their visits, and then what happens before the last one does.
void Dpor::find_meeting() {
  if (showing_) return;
  const std::span<const std::size_t> visitors = visits_.meeting();
  if (visitors.empty()) return;
  const auto includes = [&](std::size_t visit, const StepRecord& event) {
    const std::span<const Count> past = visits_.past(visit);
    return event.thread < past.size() && event.index <= past[event.thread];
  };
  const auto others = visitors.first(visitors.size() - 1);
  const auto first = [&](const StepRecord& event) {
    return std::any_of(others.begin(), others.end(), [&](std::size_t visit) { return includes(visit, event); });
  };
  for (std::uint32_t i = 0; i < made_; ++i)
    if (first(events_[i])) meeting_.push_back({events_[i].thread, events_[i].variant});
  for (std::uint32_t i = 0; i < made_; ++i)
    if (!first(events_[i]) && includes(visitors.back(), events_[i])) meeting_.push_back({events_[i].thread, events_[i].variant});
}

void Dpor::announced(std::uint32_t id, const Operation& operation) {
  const std::uint32_t key = key_of_[id];
  Thread& thread = threads_[key];
  if (thread.stopped) return withdraw(thread, key);
  save(thread);
  thread.pending = &operation;
  const bool waits = operation.type->slack != nullptr;
  if (waits && !std::exchange(thread.fresh, true)) fresh_.push_back(key);
  if (waits == thread.waits) return;
  save_waiting();
  thread.waits = waits;
  if (waits) {
    waiting_.push_back(key);
  } else {
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), key));
  }
}

void Dpor::finished(std::uint32_t id) { withdraw(threads_[key_of_[id]], key_of_[id]); }

// `thread` will do nothing more.
void Dpor::withdraw(Thread& thread, std::uint32_t key) {
  save(thread);
  thread.pending = nullptr;
  if (!std::exchange(thread.waits, false)) return;
  save_waiting();
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), key));
}

// Behind those that are known; its place in the table is `at`.
__attribute__((noinline)) void Dpor::add_slot(std::uintptr_t address, std::size_t at) {
  slots_.append() = {.key = address};
  if (table_.size() < std::size_t{slots_.size()} * 2 + 2) {
    enter_slots(table_.size() * 2);
  } else {
    table_[at] = slots_.size() - 1;
  }
}

// Makes the table, of a size that is a power of two, anew.
void Dpor::enter_slots(std::size_t size) {
  table_.assign(size, none);
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    std::size_t at = slots_[i].key * 0x9e3779b97f4a7c15ULL >> 20 & (size - 1);
    while (table_[at] != none) at = (at + 1) & (size - 1);
    table_[at] = i;
  }
}

// Back to the first `length` events. Places that are not touched any more stay known, up to a limit.
void Dpor::cut_back(std::uint32_t length) {
  if (slots_.size() > std::size_t{1} << 16) {
    slots_.clear();
    wide_ = none;
    enter_slots(first_table);
    accesses_.clear();
    length = 0;
  }
  const std::uint32_t traces = length < events_.size() ? events_[length].touches : accesses_.size();
  while (accesses_.size() > traces) {
    slots_[accesses_.back().slot].last = accesses_.back().previous;
    accesses_.pop_back();
  }
  events_.shrink(std::min(events_.size(), length));
  while (!askers_.empty() && askers_.back().first >= length) askers_.pop_back();
}

void Dpor::reach(Footprint& x, const Touch& touch, std::int32_t effect, std::uint64_t state) {
  if (is_wide(touch)) [[unlikely]] {
    if (wide_ == none) wide_ = slot_of(wide_key);
    x.reaches.push_back({.touch = touch, .slot = wide_, .effect = effect, .state = state});
    return;
  }
  for (std::uintptr_t word = touch.address >> 3; word <= (touch.address + touch.size - 1) >> 3; ++word)
    x.reaches.push_back({.touch = touch, .slot = slot_of(word), .effect = effect, .state = state});
}

// Adds to what it reaches: for accesses by words, the slot of all wide accesses; for wide accesses, the slots of the words that they cover.
void Dpor::reach_widely(Footprint& x) {
  if (wide_ == none) [[likely]] return;
  const std::size_t own = x.reaches.size();
  for (std::size_t i = 0; i < own; ++i) {
    const Footprint::Reach reach = x.reaches[i];
    if (reach.slot != wide_) {
      x.reaches.push_back({.touch = reach.touch, .slot = wide_, .effect = 0, .state = 0});
    } else {
      each_slot_within(reach.touch, [&](std::uint32_t slot) { x.reaches.push_back({.touch = reach.touch, .slot = slot, .effect = 0, .state = 0}); });
    }
  }
}

void Dpor::describe(Footprint& x, std::uint32_t thread, const Operation& op) {
  x.reaches.clear();
  each_touch(op, [&](const Touch& touch, std::int32_t effect, std::uint64_t state) { reach(x, touch, effect, state); });
  reach_widely(x);
  x.thread = thread;
  x.ends = op.type->asks_for_end ? key_of_[op.argument] : none;
}

void Dpor::performed(const Step& step) {
  const std::uint32_t key = key_of_[step.thread];
  Thread& thread = threads_[key];
  const Operation& op = *step.operation;
  const std::uint32_t event = made_++;
  save(thread);
  ++thread.made;
  thread.last = event;
  thread.pending = nullptr;
  if (event >= retained_) {
    bool in_block = false;
    if (event < prefix_.size()) {
      while (block_ < current_.insertions.size() && current_.insertions[block_].head < event) ++block_;
      in_block = block_ < current_.insertions.size() && event >= current_.insertions[block_].start;
    }
    events_.append() = {.thread = key, .variant = variant_, .index = thread.made, .type = op.type->hash, .offered = offered_,
                        .touches = accesses_.size(), .touches_end = accesses_.size(), .in_block = in_block};
    if (clocks_.size() < (std::size_t{event} + 1) * width_) clocks_.resize((std::size_t{event} + 1) * width_ * 2);
    const Count* before = now(key);
    const bool judged = made_ >= prefix_.size();  // its block, if any, is complete
    if (judged) {
      before_ = thread.past.row ? own_row : thread.past.size == 1 ? thread.past.events[0] : none;
      if (before_ == own_row) copy(row_.data(), before);
      races_.clear();
    }
    Count* row = clock(event);
    bool nothing = thread.past.size == 0 && !thread.past.row;
    if (!nothing) copy(row, before);
    last_type_ = op.type;
    if (op.type->fails != nullptr) last_ = op;
    const auto depends_on = [&](std::uint32_t e, bool covered) {
      if (nothing) {
        copy(row, clock(e));
        nothing = false;
      } else if (!within(e, row)) {
        join(row, clock(e));
      } else {
        return !covered;
      }
      if (judged) races_.push_back(e);
      return !covered;
    };
    ends_ = op.type->asks_for_end ? key_of_[op.argument] : none;
    each_conflict_about_ends(key, ends_, event, depends_on);
    // The part for wide accesses, out of line. Returns whether it has done all for this touch.
    const auto touches_widely = [&](const Touch& touch, std::int32_t effect, std::uint64_t state) __attribute__((noinline)) {
      if (!is_wide(touch)) {
        if (!planted(PlantedFault::wide_is_not_found)) each_conflict_at(wide_, touch, event, depends_on);
        return false;
      }
      if (wide_ == none) wide_ = slot_of(wide_key);
      each_slot_within(touch, [&](std::uint32_t slot) { each_conflict_at(slot, touch, event, depends_on); });
      each_conflict_at(wide_, touch, event, depends_on);
      const std::uint32_t last = std::exchange(slots_[wide_].last, accesses_.size());
      accesses_.append() = {.touch = touch, .event = event, .slot = wide_, .previous = last, .other = last, .effect = effect, .state = state};
      return true;
    };
    each_touch(op, [&](Touch touch, std::int32_t effect, std::uint64_t state) {
      if (is_wide(touch) || wide_ != none) [[unlikely]] {
        if (touches_widely(touch, effect, state)) return;
      }
      bool first = op.failed && op.type->fails != nullptr && touch.address == reinterpret_cast<std::uintptr_t>(op.object);
      for (std::uintptr_t word = touch.address >> 3; word <= (touch.address + touch.size - 1) >> 3; ++word) {
        const std::uint32_t slot = slot_of(word);
        Touch here = touch;
        if (std::exchange(first, false) && part_was_written(slot, touch, event)) here.access = Access::write;
        each_conflict_at(slot, here, event, depends_on);
        const std::uint32_t last = slots_[slot].last;
        const bool same = last != none && commute(accesses_[last].touch.access, here.access);
        const std::uint32_t other = same ? accesses_[last].other : last;
        slots_[slot].last = accesses_.size();
        accesses_.append() = {.touch = here, .event = event, .slot = slot, .previous = last, .other = other, .effect = effect, .state = state};
      }
    });
    if (nothing) clock_rows::clear(row, width_);
    row[key] = thread.made;
    events_[event].touches_end = accesses_.size();
    if (ends_ != none) [[unlikely]] askers_.emplace_back(event, ends_);
    settled_ = false;
  } else if (thread.past.row || thread.past.size > 1) {
    save_past(key);  // as `now` does
  }
  if (keeps_states_) [[unlikely]] place(event);
  under_way_ = false;
  thread.past.is(event);
  for (const auto& [from, to] : late_) happens_before(event, to);
  late_.clear();
}

}  // namespace interleave::engine::dpor
