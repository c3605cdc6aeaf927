// Where an execution has its first steps in common with the one before it, dpor goes back to where that one stood after them, and the
// engine makes them again by itself (PrefixReplay).
//
// What the threads are as dpor sees them is saved before it changes, at most once between two choices; and taken back in reverse order. Events,
// clocks and accesses are cut back as always.
#include "scheduler/strategies/dpor/dpor.hpp"

namespace interleave::engine::dpor {

// Whether executions have so much in common that it pays to save; asked for each, when it is known what it shares with the one before.
bool Dpor::pays_to_save() {
  constexpr std::uint64_t asked_after = 4096;  // events
  shared_recently_ += retained_;
  made_recently_ += made_;
  if (made_recently_ < asked_after) return saves_;
  const bool pays = shared_recently_ > made_recently_ / 8;
  shared_recently_ = made_recently_ = 0;
  return pays;
}

// Before the choice of the event `made_`.
void Dpor::save_point() {
  ++moment_;
  save_points_.append() = {.saved = saved_.size(), .pasts = saved_pasts_.size(), .waiting = saved_waiting_.size(), .undisturbed = undisturbed_};
}

void Dpor::save_as_it_is(Thread& thread) {
  thread.saved = moment_;
  saved_.append() = {.key = key_of_[thread.id], .made = thread.made, .last = thread.last, .child = thread.child,
                     .pending = thread.pending, .fresh = thread.fresh, .waits = thread.waits, .row = thread.past.row,
                     .size = thread.past.size, .first = thread.past.events[0]};
}

// Before anything of the past of a thread is overwritten. What is added to it is just forgotten again.
void Dpor::save_past(std::uint32_t key) {
  if (!saves_) return;
  const Past& past = threads_[key].past;
  for (std::uint32_t i = 0; i < past.size; ++i) saved_pasts_.append() = past.events[i];
  if (past.row)
    for (std::uint32_t i = 0; i < width_; ++i) saved_pasts_.append() = joined(key)[i];
  saved_pasts_.append() = past.row ? width_ : 0;
  saved_pasts_.append() = past.size;
  saved_pasts_.append() = key;
}

void Dpor::save_waiting() {
  if (!saves_ || waiting_saved_ == moment_) return;
  waiting_saved_ = moment_;
  for (const std::uint32_t key : waiting_) saved_waiting_.append() = key;
  saved_waiting_.append() = static_cast<std::uint32_t>(waiting_.size());
}

// To the choice after so many events.
void Dpor::go_back(std::uint32_t made) {
  const SavePoint& save_point = save_points_[made];
  const auto take = [&] {
    const std::uint32_t value = saved_pasts_.back();
    saved_pasts_.pop_back();
    return value;
  };
  while (saved_pasts_.size() > save_point.pasts) {
    const std::uint32_t key = take(), size = take(), width = take();
    for (std::uint32_t i = width; i-- > 0;) joined(key)[i] = take();
    if (width > 0) std::fill(joined(key) + width, joined(key) + width_, 0);  // rows were narrower then
    for (std::uint32_t i = size; i-- > 0;) threads_[key].past.events[i] = take();
  }
  for (; saved_.size() > save_point.saved; saved_.pop_back()) {
    const Saved& saved = saved_.back();
    Thread& thread = threads_[saved.key];
    thread.made = saved.made;
    thread.last = saved.last;
    thread.child = saved.child;
    thread.pending = saved.pending;
    thread.fresh = saved.fresh;
    thread.waits = saved.waits;
    thread.past.row = saved.row;
    thread.past.size = saved.size;
    thread.past.events[0] = saved.first;
  }
  while (saved_waiting_.size() > save_point.waiting) {
    const std::uint32_t size = saved_waiting_.back();
    saved_waiting_.shrink(saved_waiting_.size() - 1 - size);
    const std::uint32_t* const first = saved_waiting_.data() + saved_waiting_.size();
    waiting_.assign(first, first + size);
  }
  while (!withdrawn_.empty() && withdrawn_.back().by >= made) withdrawn_.pop_back();
  undisturbed_ = save_point.undisturbed;
  save_points_.shrink(made);
  fresh_.clear();
  late_.clear();
  under_way_ = false;
  settled_ = true;
  made_ = made;
}

}  // namespace interleave::engine::dpor
