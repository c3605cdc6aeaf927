// The state of `dpor` (dpor.cpp says how it works), shared by the files that it is written in:
//
//     dpor.cpp          the tree of executions, and who is next
//     dpor_history.cpp  what has happened in the execution under way: events, clocks, accesses
//     dpor_races.cpp    which races are reversed here
//     dpor_cycles.cpp   which threads have come back to where they were
//     dpor_undo.cpp  back to where the execution before stood
//     dpor_validate.cpp what must hold of all this, in builds for tests
#pragma once

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/strategies/dpor/dpor_types.hpp"
#include "scheduler/strategies/dpor/section_overlap.hpp"
#include "scheduler/support/vector_clock_rows.hpp"
#include "scheduler/support/pod_vector.hpp"

namespace interleave::engine::dpor {

class Dpor final : public Leaf, private StepListener, private PrefixReplay {
 public:
  bool begin_execution() override;
  std::size_t choose(const ChoicePoint& at) override;
  Traits traits() const override {
    return {.exhaustive = true, .ends = true, .reduces = true, .runs_on = true, .recognizes_states = true};
  }
  void attach(const ExecutionView& view) override {
    Leaf::attach(view);
    ended_ = false;
    may_save_ = saves_ = false;
    keeps_states_ = view.state() != nullptr;
    if (keeps_states_) rounds_counting_ = view.counted_rounds();
  }
  StepListener* listener() override { return this; }
  PrefixReplay* prefix_replay() override { return this; }
  bool shows_failure() const override { return showing_; }
  void end_execution(Ending ending) override;
  std::span<const std::uint32_t> opened() override;
  std::size_t memory() const override { return bytes_; }
  std::string spec() const override { return "dpor"; }

 private:
  // ---- what the engine makes again by itself (PrefixReplay) ----
  void available() override { may_save_ = saves_ = true; }
  bool wanted() const override { return saves_; }
  std::uint64_t length() const override { return repeated_; }

  // ---- what threads do (StepListener) ----
  void performed(const Step& step) override;
  void announced(std::uint32_t id, const Operation& operation) override;
  void hashed(std::uint32_t id, const HashedStep& step) override;
  void disabled(std::uint32_t id) override {
    withdrawn_.push_back({.thread = key_of_[id], .own = threads_[key_of_[id]].last, .by = under_way_ ? made_ : made_ - 1});
  }
  void created(std::uint32_t parent, std::uint32_t child, bool in_parallel) override;
  void ordered(std::uint32_t before, std::uint32_t after) override;
  void finished(std::uint32_t id) override;
  void entered(std::uint32_t id, std::uint64_t section, std::size_t most) override;
  void left(std::uint32_t id, std::uint64_t section) override;
  void closing() override { settle(); }

  // What happens before the next event of a thread, as the events whose clocks, joined, say it. Mostly it is one, the last of the thread;
  // and what many threads leave behind for one that makes no further step is never joined.
  struct Past {
    static constexpr std::uint32_t most = 24;
    std::uint32_t size = 0;
    bool row = false;                            // what more there is, in the thread's row of joined_
    std::uint32_t events[most];

    void is(std::uint32_t event) {
      events[0] = event;
      size = 1;
      row = false;
    }
  };
  struct Thread {
    std::uint32_t id = 0;
    Count made = 0;                              // events
    std::uint32_t last = none;                   // of them
    Past past;
    bool fresh = false;                          // announced something that may wait, since the last settling
    std::uint32_t child = none;                  // that it created last
    std::uint32_t group = none;                  // who waits in parallel() for it to end
    SectionOverlap::Position begin{0, 0};                // of it, in the thread that created it
    const Operation* pending = nullptr;
    bool waits = false;                          // its object may keep it waiting
    std::int64_t slack = unblockable;            // when it was chosen
    bool stopped = false;                        // it has come back to where it was
    std::uint64_t saved = 0;                     // since when its last copy among saved_ is good
  };
  struct Stand {                                 // of a thread that has announced something
    Count made;                                  // events of it
    std::uint32_t before;                        // the number of the latest one before it that is the same; or none
    std::uint32_t times;                         // how many those are
  };
  struct Stands {
    std::vector<Stand> all;
    std::unordered_map<std::uint64_t, std::uint32_t> latest;  // by HashedStep::local_state

    void clear() {
      all.clear();
      latest.clear();
    }
  };
  enum class Kind { executed, announced, withdrawn };
  struct Withdrawn {                             // a timeout, by the event that woke its thread
    std::uint32_t thread, own, by;               // own: its thread's last event before that
  };

  // ---- clocks: how many events of each thread happen before, or are, the event ----
  Count* clock(std::uint32_t event) { return clocks_.data() + std::size_t{event} * width_; }
  // What happens before the next event of a thread. Valid until an event is made, a thread added, or anything comes to happen before it.
  const Count* now(std::uint32_t thread);
  Count* joined(std::uint32_t thread) { return joined_.data() + std::size_t{thread} * width_; }
  void join_past(std::uint32_t thread);
  void happens_before(std::uint32_t event, std::uint32_t thread);
  void happens_before_all_of(std::uint32_t thread, std::uint32_t other);
  const Count* before() { return before_ == none ? zeros_.data() : before_ == own_row ? row_.data() : clock(before_); }
  bool within(std::uint32_t event, const Count* row) const { return events_[event].index <= row[events_[event].thread]; }
  void join(Count* into, const Count* from) const { clock_rows::join(into, from, width_); }
  void copy(Count* into, const Count* from) const { clock_rows::copy(into, from, width_); }
  void widen();

  void begin_anew();
  void keep_children();
  void cut_back(std::uint32_t length);

  // ---- back to where an execution stood (dpor_undo.cpp) ----
  bool pays_to_save();
  void save_point();
  void save(Thread& thread) {
    if (saves_ && thread.saved != moment_) save_as_it_is(thread);
  }
  void save_as_it_is(Thread& thread);
  void save_past(std::uint32_t key);
  void save_waiting();
  void go_back(std::uint32_t made);
  std::uint32_t slot_of(std::uintptr_t address);
  template <class F>
  void each_slot_within(const Touch& touch, F f);
  void reach_widely(Footprint& x);
  void enter_slots(std::size_t size);
  void add_slot(std::uintptr_t address, std::size_t at);
  void reach(Footprint& x, const Touch& touch, std::int32_t effect, std::uint64_t state);
  bool may_end(std::uint32_t thread, std::uint32_t asked) const;
  template <class F>
  void each_conflict(const Footprint& x, std::uint32_t below, F f);
  template <class F>
  void each_conflict_about_ends(std::uint32_t thread, std::uint32_t ends, std::uint32_t below, F f);
  template <class F>
  void each_conflict_at(std::uint32_t slot, const Touch& touch, std::uint32_t below, F f);
  template <class F>
  static void each_touch(const Operation& op, F f);
  void describe(Footprint& x, std::uint32_t thread, const Operation& op);
  Thread& add_thread(std::uint32_t id, std::uint32_t key);
  void make_room(std::uint32_t id);
  std::size_t prescribed(const ChoicePoint& at, PlannedStep item) const;
  std::size_t by_default(const ChoicePoint& at);
  void offer_alternatives(const ChoicePoint& at, std::size_t first);
  SectionOverlap::Position position(std::uint32_t thread) const;
  void find_meeting();
  void withdraw(Thread& thread, std::uint32_t key);
  bool has_come_back(std::uint32_t thread, const Stand& stand, bool modulo_counters);
  void add_up(std::uint32_t thread, const Stand& stand, bool modulo_counters);
  bool repeats_a_level(std::uint32_t event, bool modulo_counters, std::size_t rounds);
  void place(std::uint32_t event);
  // One that nothing cancels out, if it is not known yet.
  StateHash known_delta(std::uint32_t event, bool modulo_counters) const {
    if (!step_hashes_[event].hashed) return {.a = event + 1, .b = 1};
    return modulo_counters ? step_hashes_[event].modulo_counters : step_hashes_[event].delta;
  }

  // ---- races ----
  void settle();
  void judge_executed(std::uint32_t x);
  void judge_waiting(std::uint32_t thread, std::uint32_t last, bool fresh);
  bool part_was_written(std::uint32_t slot, const Touch& own, std::uint32_t below) const;
  void as_before(std::uint32_t d, std::uint32_t thread);
  void judge_withdrawn(const Withdrawn& x, std::uint32_t last);
  void judge_subsets(std::uint32_t d, std::uint32_t thread, Kind kind, std::uint32_t needed, std::size_t next);
  void judge(std::uint32_t d, std::uint32_t thread, Kind kind, std::uint32_t x_event);
  bool first_in_chain(std::uint32_t d, std::uint32_t thread);
  std::int64_t effects_given_up(std::uint32_t d, std::uint32_t x_event, const Count* kept);

#ifdef INTERLEAVE_DPOR_FAULTS
  // ---- what must hold (dpor_validate.cpp) ----
  static constexpr bool validates = true;
  void must(bool holds, const char* what);
  void validate(Ending ending);  // at the end of an execution. Throws Divergence
  void validate_tree();
  void validate_prefix(Ending ending);
  void validate_history();
  void validate_order();
  void validate_optimality();
  void validate_reversal(std::uint32_t d, std::uint32_t x);
  const char* broken_ = nullptr;                 // the first thing that did not hold
  std::unordered_set<std::uint64_t> classes_;    // of the executions that came to their end
#else
  static constexpr bool validates = false;
  void validate(Ending) {}
  void validate_reversal(std::uint32_t, std::uint32_t) {}
#endif

  // ---- the tree ----
  std::vector<Node> nodes_;                      // from the root to the execution under way; more than depth_ are kept for reuse
  std::size_t depth_ = 0;
  std::size_t bytes_ = 0;                        // of all nodes_
  Node current_;
  std::vector<PlannedStep> prefix_;                     // prescribed
  bool sibling_ = false;
  bool started_ = false;
  bool ended_ = false;                           // an execution, since `attach`
  bool has_children_ = false;                    // the execution that ended last
  std::vector<std::uint32_t> opened_;            // scratch
  std::vector<PlannedStep> meeting_;                    // the execution that has ended, in an order in which too many are in a section
  bool showing_ = false;                         // that order is under way

  // ---- the execution under way; what it shares with the one before is kept ----
  Family family_;
  std::uint32_t width_ = 8;                      // of a clock
  PodVector<StepRecord> events_;
  std::vector<StepHashes> step_hashes_;              // of the events; where states are kept
  std::vector<Count> clocks_;
  PodVector<AccessRecord> accesses_;
  PodVector<Slot>  slots_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> askers_;  // events that asked whether a thread has ended, and which
  static constexpr std::size_t first_table = 64;
  // The slot of accesses to more words than are looked up one by one (`is_wide`), as the end of a large block. They meet here, and are found by
  // accesses to single words; for the way back all slots are looked through. None as long as there is no such access.
  std::uint32_t wide_ = none;
  std::vector<std::uint32_t> table_ = std::vector<std::uint32_t>(first_table, none);  // of slots, open addressing
  std::uintptr_t heap_ = 0;                      // where it begins
  std::uint32_t retained_ = 0;                   // events of the last execution that this one repeats
  std::uint32_t made_ = 0;                       // events so far
  std::uint32_t repeated_ = 0;                   // those of them that the engine repeats by itself

  // What a thread was before it changed, for going back.
  struct Saved {
    std::uint32_t key;
    Count made;
    std::uint32_t last, child;
    const Operation* pending;
    bool fresh, waits, row;
    std::uint32_t size, first;                   // of its past
  };
  struct SavePoint {                                  // of a choice, by the number of events made before
    std::uint32_t saved, pasts, waiting;         // the sizes of saved_, saved_pasts_ and saved_waiting_
    std::uint32_t undisturbed;
  };
  bool may_save_ = false, saves_ = false;        // saves_: it pays
  std::uint64_t shared_recently_ = 0, made_recently_ = 0;  // events
  std::uint64_t moment_ = 1;                     // the number of the last choice
  PodVector<SavePoint> save_points_;
  PodVector<Saved> saved_;
  PodVector<std::uint32_t> saved_pasts_, saved_waiting_;  // lists, each with its length behind it
  std::uint64_t waiting_saved_ = 0;              // as Thread::saved

  std::vector<Thread> threads_;                  // by key
  std::uint32_t room_ = 0;                       // number of threads that threads_ and the rows have room for
  std::vector<std::uint32_t> key_of_;            // by id
  bool keys_are_ids_ = true;                     // in this execution, so far
  std::vector<Count> joined_;                    // a row for each key
  std::vector<std::uint32_t> waiting_;           // keys of threads that wait for an object, or may
  std::vector<std::uint32_t> fresh_;             // of those, announced since the last settling
  std::vector<Withdrawn> withdrawn_;             // in this execution
  bool keeps_states_ = false;
  std::size_t rounds_counting_ = 0;              // how often a way round must have been gone by who counts; where states are kept
  std::vector<std::vector<std::uint32_t>> own_;  // by key: its events; where states are kept
  std::vector<Stands> stands_;                   // by key, likewise
  std::vector<std::pair<std::uint32_t, std::uint32_t>> late_;  // orders that begin with the step under way
  bool under_way_ = false, settled_ = true;
  std::uint32_t chosen_ = 0, variant_ = 0, offered_ = 0, undisturbed_ = 0;
  std::size_t block_ = 0;                        // index of the first insertion of current_ whose head is not before the next event
  SectionOverlap visits_;

  // ---- scratch ----
  std::vector<Count> past_ = std::vector<Count>(width_), whole_past_ = past_;
  std::vector<Count> zeros_ = past_, row_ = past_;
  std::uint32_t before_ = none;                  // whose clock says what happened before the last event; own_row: row_
  Footprint x_, seen_;
  std::uint32_t ends_ = none;                    // the thread of which the last event asks whether it has ended
  const OperationType* last_type_ = nullptr;     // of the last event
  Operation last_;                               // the last event's operation, if it may fail
  std::vector<std::uint32_t> races_, open_;
  std::vector<std::vector<Count>> subset_rows_;
  std::vector<StateHash> sums_;
};

// Calls f(event, covers) for the events before position `below` that something with these accesses depends on, latest first
// and word by word; if it says no, the rest of the word is left out. `covers`: what else of this word it depends on happens
// before the event. An event may come twice.
template <class F>
void Dpor::each_conflict(const Footprint& x, std::uint32_t below, F f) {
  each_conflict_about_ends(x.thread, x.ends, below, f);
  for (const Footprint::Reach& own : x.reaches) each_conflict_at(own.slot, own.touch, below, f);
}

// Whether a step of `thread` may be the one in which `asked` ends: its own last one, or the last one of those that it waits for in
// parallel().
inline bool Dpor::may_end(std::uint32_t thread, std::uint32_t asked) const {
  while (thread != asked && thread != none) thread = threads_[thread].group;
  return thread == asked;
}

template <class F>
__attribute__((always_inline)) inline void Dpor::each_conflict_about_ends(std::uint32_t thread, std::uint32_t ends, std::uint32_t below, F f) {
  if (!askers_.empty()) [[unlikely]] {
    for (auto asker = askers_.rbegin(); asker != askers_.rend(); ++asker)
      if (asker->first < below && may_end(thread, asker->second) && !f(asker->first, false)) break;
  }
  if (ends != none) [[unlikely]] {
    for (std::uint32_t e = below; e-- > 0;)
      if (may_end(events_[e].thread, ends) && !f(e, events_[e].thread == ends)) break;
  }
}

template <class F>
__attribute__((always_inline)) inline void Dpor::each_conflict_at(std::uint32_t slot, const Touch& touch, std::uint32_t below, F f) {
  for (std::uint32_t t = slots_[slot].last; t != none;) {
    const AccessRecord& access = accesses_[t];
    if (access.event >= below) {
      t = access.previous;
    } else if (commute(access.touch.access, touch.access)) {
      t = access.other;
    } else if (!conflict(access.touch, touch)) {
      t = access.previous;
    } else {
      t = access.previous;
      if (!f(access.event, covers(access.touch, touch))) break;
    }
  }
}

// Calls f(touch, effect, state) for what the operation accesses.
template <class F>
__attribute__((always_inline)) inline void Dpor::each_touch(const Operation& op, F f) {
  const Touch first = first_touch(op);
  if (first.access != Access::none) f(first, first.access == Access::read ? 0 : op.effect, op.state);
  if (op.second == nullptr) [[likely]] return;
  const Touch second = second_touch(op);
  if (second.access != Access::none)
    f(second, second.access != Access::read && applies(op.type->second_effect, op.failed) ? op.effect : 0, op.second_state);
}

__attribute__((always_inline)) inline std::uint32_t Dpor::slot_of(std::uintptr_t address) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = address * 0x9e3779b97f4a7c15ULL >> 20 & mask;
  for (; table_[at] != none; at = (at + 1) & mask)
    if (slots_[table_[at]].key == address) return table_[at];
  add_slot(address, at);
  return slots_.size() - 1;
}

// Calls f(slot) for the slots of words that it touches, as far as there are any.
template <class F>
void Dpor::each_slot_within(const Touch& touch, F f) {
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const std::uintptr_t word = slots_[slot].key;
    if (slot != wide_ && word >= touch.address >> 3 && word <= (touch.address + touch.size - 1) >> 3) f(slot);
  }
}

}  // namespace interleave::engine::dpor
