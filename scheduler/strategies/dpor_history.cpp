#include <interleave/scheduler/dpor.hpp>

#include <functional>
#include <span>

namespace interleave::engine::dpor {

void Dpor::widen() {
  const std::uint32_t wider = width_ + 8;
  const auto spread = [&](std::vector<Count>& rows) {
    std::vector<Count> result(rows.size() / width_ * wider);
    for (std::size_t i = 0; i < rows.size(); ++i) result[i / width_ * wider + i % width_] = rows[i];
    rows = std::move(result);
  };
  spread(clocks_);
  spread(now_);
  for (std::vector<Count>* row : {&past_, &whole_past_, &row_}) row->resize(wider);
  width_ = wider;
}

Dpor::Thread& Dpor::add_thread(std::uint32_t id, std::uint32_t key) {
  if (key >= threads_.size()) [[unlikely]] {
    while (family_.size() > width_) widen();
    threads_.resize(family_.size());
    now_.resize(family_.size() * width_);
  }
  if (id >= key_of_.size()) [[unlikely]] key_of_.resize(id + 1);
  key_of_[id] = key;
  Thread& thread = threads_[key];
  thread.id = id;
  return thread;
}

void Dpor::created(std::uint32_t parent, std::uint32_t child) {
  const std::uint32_t from = key_of_[parent];
  const std::uint32_t key = family_.child(from, threads_[from].children++);
  Thread& thread = add_thread(child, key);
  thread.begin = position(from);
  if (threads_[from].ordered) {
    copy(now(key), now(from));
    thread.ordered = true;
  } else if (std::exchange(thread.ordered, false)) {
    clock_rows::clear(now(key), width_);
  }
  if (under_way_ && from == chosen_) late_.emplace_back(from, key);
}

void Dpor::ordered(std::uint32_t before, std::uint32_t after) {
  const std::uint32_t from = key_of_[before], to = key_of_[after];
  if (fault(Fault::no_wake_order) && threads_[to].made > 0) return;
  if (under_way_ && from == chosen_) {
    late_.emplace_back(from, to);
  } else if (threads_[from].ordered) {
    join(now(to), now(from));
    threads_[to].ordered = true;
  }
}

// Where a thread stands: behind its last event, or where it was created.
Visits::Position Dpor::position(std::uint32_t thread) const {
  const Count made = threads_[thread].made + (under_way_ && chosen_ == thread);
  return made > 0 ? Visits::Position{thread, made} : threads_[thread].begin;
}

void Dpor::entered(std::uint32_t id, std::uint64_t section, std::size_t most) {
  const std::uint32_t thread = key_of_[id];
  past_.assign(now(thread), now(thread) + width_);
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
  const auto includes = [&](std::size_t visit, const Event& event) {
    const std::span<const Count> past = visits_.past(visit);
    return event.thread < past.size() && event.index <= past[event.thread];
  };
  const auto others = visitors.first(visitors.size() - 1);
  const auto first = [&](const Event& event) {
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
  thread.pending = &operation;
  const bool waits = operation.type->slack != nullptr;
  if (waits && !std::exchange(thread.fresh, true)) fresh_.push_back(key);
  if (waits == thread.waits) return;
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
  thread.pending = nullptr;
  if (!std::exchange(thread.waits, false)) return;
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), key));
}

std::uint32_t Dpor::slot_of(std::uintptr_t address) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = address * 0x9e3779b97f4a7c15ULL >> 20 & mask;
  while (table_[at] != none) {
    if (slots_[table_[at]].key == address) return table_[at];
    at = (at + 1) & mask;
  }
  slots_.push_back({.key = address});
  if (table_.size() < slots_.size() * 2 + 2) {
    enter_slots(table_.size() * 2);
  } else {
    table_[at] = static_cast<std::uint32_t>(slots_.size() - 1);
  }
  return static_cast<std::uint32_t>(slots_.size() - 1);
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
    enter_slots(first_table);
    traces_.clear();
    length = 0;
  }
  const std::uint32_t traces = length < events_.size() ? events_[length].touches : static_cast<std::uint32_t>(traces_.size());
  while (traces_.size() > traces) {
    slots_[traces_.back().slot].last = traces_.back().previous;
    traces_.pop_back();
  }
  events_.resize(std::min<std::size_t>(events_.size(), length));
  while (!askers_.empty() && askers_.back().first >= length) askers_.pop_back();
}

void Dpor::record(std::uint32_t event, const Subject& x) {
  for (const Subject::Reach& own : x.reaches) {
    const std::uint32_t last = slots_[own.slot].last;
    const bool same = last != none && commute(traces_[last].touch.access, own.touch.access);
    slots_[own.slot].last = static_cast<std::uint32_t>(traces_.size());
    traces_.push_back({.touch = own.touch, .event = event, .slot = own.slot, .previous = last,
                       .other = same ? traces_[last].other : last, .effect = own.effect, .state = own.state});
  }
  events_[event].touches_end = static_cast<std::uint32_t>(traces_.size());
}

void Dpor::reach(Subject& x, const Touch& touch, std::int32_t effect, std::uint64_t state) {
  if (touch.access == Access::read) effect = 0;
  for (std::uintptr_t word = touch.address >> 3; word <= (touch.address + touch.size - 1) >> 3; ++word)
    x.reaches.push_back({.touch = touch, .slot = slot_of(word), .effect = effect, .state = state});
}

void Dpor::describe(Subject& x, std::uint32_t thread, const Operation& op) {
  x.reaches.clear();
  if (const Touch first = first_touch(op); first.access != Access::none) reach(x, first, op.effect, op.state);
  if (const Touch second = second_touch(op); op.second != nullptr && second.access != Access::none) reach(x, second, applies(op.type->second_effect, op.failed) ? op.effect : 0, op.second_state);
  x.thread = thread;
  x.ends = op.type->asks_for_end ? key_of_[op.argument] : none;
}

void Dpor::performed(const Step& step) {
  const std::uint32_t key = key_of_[step.thread];
  Thread& thread = threads_[key];
  const Operation& op = *step.operation;
  const std::uint32_t event = made_++;
  ++thread.made;
  thread.last = event;
  thread.pending = nullptr;
  if (event < retained_) {
    copy(now(key), clock(event));
  } else {
    const auto touches = static_cast<std::uint32_t>(traces_.size());
    events_.push_back({.thread = key, .variant = variant_, .index = thread.made, .type = op.type->hash, .offered = offered_,
                       .touches = touches,
                       .touches_end = touches});
    if (event < prefix_.size())
      for (const Block& block : current_.blocks) events_.back().in_block |= event >= block.start && event <= block.head;
    if (clocks_.size() < (std::size_t{event} + 1) * width_) clocks_.resize((std::size_t{event} + 1) * width_ * 2);
    Count* row = now(key);
    if (made_ >= prefix_.size()) copy(row_.data(), row);  // the clock before the event is what its races are judged by
    last_type_ = op.type;
    if (op.type->fails != nullptr) last_ = op;
    describe(x_, key, op);
    if (op.failed && op.type->fails != nullptr && part_was_written(event)) x_.reaches[0].touch.access = Access::write;
    each_conflict(x_, event, [&](std::uint32_t e, bool covered) {
      if (!within(e, row)) join(row, clock(e));
      return !covered;
    });
    row[key] = thread.made;
    copy(clock(event), row);
    record(event, x_);
    if (x_.ends != none) askers_.emplace_back(event, x_.ends);
    settled_ = false;
  }
  if (keeps_states_) [[unlikely]] place(event);
  under_way_ = false;
  thread.ordered = true;
  for (const auto& [from, to] : late_) {
    join(now(to), now(from));
    threads_[to].ordered = true;
  }
  late_.clear();
}

}  // namespace interleave::engine::dpor
