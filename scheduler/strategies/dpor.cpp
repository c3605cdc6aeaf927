// Optimal dynamic partial-order reduction: one execution of every Mazurkiewicz class, none in vain, in little memory.
//
// After "Optimal Dynamic Partial Order Reduction" (Abdulla, Aronis, Jonsson, Sagonas, POPL'14) in what is explored, and after
// "Truly Stateless, Optimal Dynamic Partial Order Reduction" (TruSt, Kokologiannakis, Marmanis, Gladstein, Vafeiadis, POPL'22)
// and "Parsimonious Optimal Dynamic Partial Order Reduction" (POP, Abdulla, Atig, Das, Jonsson, Sagonas, CAV'24) in how: no
// wakeup trees and no sleep sets are kept. Whether a race is to be reversed *here* is read off the execution itself, by asking
// whether the execution is the one, of all those that show the race, from which the reversal is meant to be made.
//
// An execution is a sequence of events (the steps of threads). Where nothing is prescribed, the *default* event comes next. A
// *block* is a place where something is: some events V and after them x, the *head*, come before a default event d that x
// depends on.
//
//     parent    G d ........ x          d, x dependent; V: what happens before x, but neither in G nor after d
//     child     G [ V x ] d .......     the block; d comes next if it can, then whatever the default is
//
// Each class T has one way to be built: follow the default as long as it agrees with T; where the default d does not, go on with
// a block, whose head x is the event of the least thread among the first events of T that depend on d, and whose V is what x
// needs. Hence a race (d, x) is reversed in the one execution that follows the default from G d on except where V and x demand
// otherwise:
//
//   * d is a default event, and so is everything between d and x that does not happen before x         (no head among them)
//   * if x itself is a head, its block put it before an event that did not depend on d, or that would have kept it from
//     happening at all
//   * if blocks stand directly before d because of d, the threads of their heads are less than that of x, as far as x does not
//     depend on these heads
//
// An x that d makes wait (a lock) is not there to be seen after d; its race is judged as soon as x is announced, and again with
// each event that x would depend on. Whether x can happen in the child is counted from what the operations add to and take
// from the availability of its object, and never tried.
//
// The alternatives of an event (which waiter, which value) have the same accesses, and are blocks of their own head alone.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <interleave/scheduler/strategy.hpp>
#include <interleave/scheduler/visits.hpp>

namespace interleave::engine {
namespace {

// Deliberate faults, for the tests of the oracle that must notice them; not in the library.
enum class Fault {
  none,
  posts_commute_with_waits,   // in the dependence relation
  enqueue_commutes_with_all,  //
  failed_is_no_read,          //
  sizes_are_equal,            // a write hides what happened before it from wider accesses
  no_wake_order,              // waking and joining order nothing
  chains_are_not_ordered,     // in the reduction: no order among the heads before one event
  heads_may_be_given_up,      //
  reversed_is_not_next,       //
  forgets_what_x_needs,       //
  waiting_is_not_judged,      //
  count,
};

#ifdef INTERLEAVE_DPOR_FAULTS
inline bool fault(Fault which) {
  static const int chosen = std::getenv("INTERLEAVE_DPOR_FAULT") != nullptr ? std::atoi(std::getenv("INTERLEAVE_DPOR_FAULT")) : 0;
  return chosen == static_cast<int>(which);
}
#else
constexpr bool fault(Fault) { return false; }
#endif

using Count = std::uint32_t;
constexpr std::uint32_t none = ~std::uint32_t{0};

bool conflict(const Touch& a, const Touch& b) {
  const auto are = [&](Access one, Access other) {
    return (a.access == one && b.access == other) || (a.access == other && b.access == one);
  };
  if (fault(Fault::posts_commute_with_waits) && are(Access::post, Access::write)) return false;
  if (fault(Fault::enqueue_commutes_with_all) && are(Access::enqueue, Access::write)) return false;
  if (fault(Fault::failed_is_no_read) && are(Access::read, Access::write)) return false;
  return dependent(a, b);
}

// Whether what happened before `a` and conflicts with `b` conflicts with `a` as well.
bool covers(const Touch& a, const Touch& b) {
  return a.access == Access::write && (fault(Fault::sizes_are_equal) ||
                                       (a.address <= b.address && a.address + a.size >= b.address + b.size));
}

// Threads by who created them, which no schedule changes; their ids tell only in what order.
class Family {
 public:
  Family() { clear(); }
  void clear() { members_.assign(1, {}); }
  std::uint32_t child(std::uint32_t parent, std::size_t ordinal) {
    if (members_[parent].size() == ordinal) {
      members_[parent].push_back(static_cast<std::uint32_t>(members_.size()));
      members_.emplace_back();
      return static_cast<std::uint32_t>(members_.size() - 1);
    }
    return members_[parent][ordinal];
  }
  std::size_t size() const { return members_.size(); }

 private:
  std::vector<std::vector<std::uint32_t>> members_;
};

// An event that is prescribed.
struct Item {
  std::uint32_t thread, variant;
};

// A step that was made.
struct Event {
  std::uint32_t thread, variant;
  Count         index;                // among those of its thread, from 1
  std::uint32_t type;                 // hash
  std::uint32_t offered;              // fingerprint of the candidates that it was chosen from
  std::uint32_t touches, touches_end;
  bool          in_block = false;
};

// One access of an event to one word of memory.
struct Trace {
  Touch         touch;
  std::uint32_t event;
  std::uint32_t slot;
  std::uint32_t previous;             // on the word
  std::uint32_t other;                // the last one before it that it may depend on
  std::int32_t  effect;
  std::uint64_t state;                // of the object before it
};

// A word of memory, or another place where accesses meet.
struct Slot {
  std::uintptr_t key = 0;
  std::uint32_t  last = none;         // of its traces
};

struct Block {
  std::uint32_t start, head;          // positions: V from start on, then the head
  std::uint32_t thread;               // whose default event it was put before
  Count         index;
  std::uint32_t type;                 // a timeout that was withdrawn leaves its index to what its thread did instead
  bool          alternative;          // of that very event
};

// An execution to be made: the sequence up to `at`, then `before`, then the head.
struct Child {
  std::uint32_t at;
  std::uint32_t before, before_end;   // among the items of its node
  Item head;
  bool alternative;                   // of the event at `at`
  bool sibling;                       // another alternative of the head of a block that has been made
  std::uint32_t thread;               // of the event at `at`, as in Block
  Count         index;
  std::uint32_t type;
};

// An execution whose children are not all made.
struct Node {
  std::vector<Item>  sequence;        // as far as its children share it
  std::vector<Block> blocks;
  std::vector<Child> children;
  std::vector<Item>  items;           // of the children

  void clear() {
    sequence.clear();
    blocks.clear();
    children.clear();
    items.clear();
  }
};

// What an event depends on, made or yet to be made.
struct Subject {
  struct Reach {
    Touch touch;
    std::uint32_t slot;               // of one of the words that it touches
    std::int32_t  effect;
    std::uint64_t state;
  };
  std::vector<Reach> reaches;
  std::uint32_t thread = none;
  std::uint32_t ends = none;          // the thread of which it asks whether it has ended
};

class Dpor final : public Strategy {
 public:
  bool begin_execution() override;
  std::size_t choose(const ChoicePoint& at) override;
  bool wants_steps() const override { return true; }
  void performed(const Step& step) override;
  void announced(std::uint32_t id, const Operation& operation) override;
  void withdrawn(std::uint32_t id) override {
    withdrawn_.push_back({.thread = key_of_[id], .own = threads_[key_of_[id]].last, .by = under_way_ ? made_ : made_ - 1});
  }
  void created(std::uint32_t parent, std::uint32_t child) override;
  void ordered(std::uint32_t before, std::uint32_t after) override;
  void finished(std::uint32_t id) override;
  void entered(std::uint32_t id, std::uint64_t section, std::size_t most) override;
  void left(std::uint32_t id, std::uint64_t section) override;
  void closing() override { settle(); }
  bool shows_failure() const override { return showing_; }
  void end_execution(Ending ending) override;
  bool exhaustive() const override { return true; }
  bool reduces() const override { return true; }
  std::string resolved() const override { return "dpor"; }

 private:
  struct Thread {
    std::uint32_t id = 0;
    Count made = 0;                              // events
    std::uint32_t last = none;                   // of them
    bool ordered = false;                        // something happens before it: its clock is not all zeros
    bool fresh = false;                          // announced something that may wait, since the last settling
    std::size_t children = 0;
    Visits::Position begin{0, 0};                // of it, in the thread that created it
    const Operation* pending = nullptr;
    bool waits = false;                          // its object may keep it waiting
    std::int64_t slack = unblockable;            // when it was chosen
  };
  enum class Kind { executed, announced, withdrawn };
  struct Withdrawn {                             // a timeout, by the event that woke its thread
    std::uint32_t thread, own, by;               // own: its thread's last event before that
  };

  // ---- clocks: how many events of each thread happen before, or are, the event ----
  Count* clock(std::uint32_t event) { return clocks_.data() + std::size_t{event} * width_; }
  Count* now(std::uint32_t thread) { return now_.data() + std::size_t{thread} * width_; }
  bool within(std::uint32_t event, const Count* row) const { return events_[event].index <= row[events_[event].thread]; }
  void join(Count* into, const Count* from) const {
    for (std::uint32_t i = 0; i < width_; ++i) into[i] = std::max(into[i], from[i]);
  }
  void widen();

  void cut_back(std::uint32_t length);
  std::uint32_t slot_of(std::uintptr_t address);
  void reach(Subject& x, const Touch& touch, std::int32_t effect, std::uint64_t state);
  void record(std::uint32_t event, const Subject& x);
  template <class F>
  void each_conflict(const Subject& x, std::uint32_t below, F f);
  void describe(Subject& x, std::uint32_t thread, const Operation& op);
  std::uint32_t add_thread(std::uint32_t id, std::uint32_t key);
  std::size_t prescribed(const ChoicePoint& at, Item item) const;
  std::size_t by_default(const ChoicePoint& at);
  void offer_alternatives(const ChoicePoint& at, std::size_t first);
  Visits::Position position(std::uint32_t thread) const;
  void find_meeting();

  // ---- races ----
  void settle();
  void judge_executed(std::uint32_t x);
  void judge_waiting(std::uint32_t thread, std::uint32_t last, bool fresh);
  bool part_was_written(std::uint32_t below) const;
  void as_before(std::uint32_t d, std::uint32_t thread);
  void judge_withdrawn(const Withdrawn& x, std::uint32_t last);
  void judge_subsets(std::uint32_t d, std::uint32_t thread, Kind kind, std::uint32_t needed, std::size_t next);
  void judge(std::uint32_t d, std::uint32_t thread, Kind kind, std::uint32_t x_event);
  bool first_in_chain(std::uint32_t d, std::uint32_t thread);
  std::int64_t effects_given_up(std::uint32_t d, std::uint32_t x_event, const Count* kept);

  // ---- the tree ----
  std::vector<Node> nodes_;                      // from the root to the execution under way; more than depth_ are kept for reuse
  std::size_t depth_ = 0;
  Node current_;
  std::vector<Item> prefix_;                     // prescribed
  bool sibling_ = false;
  bool started_ = false;
  std::vector<Item> meeting_;                    // the execution that has ended, in an order in which too many are in a section
  bool showing_ = false;                         // that order is under way

  // ---- the execution under way; what it shares with the one before is kept ----
  Family family_;
  std::uint32_t width_ = 8;
  std::vector<Event> events_;
  std::vector<Count> clocks_;
  std::vector<Trace> traces_;
  std::vector<Slot>  slots_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> askers_;  // events that asked whether a thread has ended, and which
  std::vector<std::uint32_t> table_;             // of slots, open addressing
  std::uintptr_t heap_ = 0;                      // where it begins
  std::uint32_t retained_ = 0;                   // events of the last execution that this one repeats
  std::uint32_t made_ = 0;                       // events so far

  std::vector<Thread> threads_;                  // by key
  std::vector<std::uint32_t> key_of_;            // by id
  std::vector<Count> now_;
  std::vector<std::uint32_t> waiting_;           // keys of threads that wait for an object, or may
  std::vector<std::uint32_t> fresh_;             // of those, announced since the last settling
  std::vector<Withdrawn> withdrawn_;             // in this execution
  std::vector<std::pair<std::uint32_t, std::uint32_t>> late_;  // orders that begin with the step under way
  bool under_way_ = false, settled_ = true;
  std::uint32_t chosen_ = 0, variant_ = 0, offered_ = 0, undisturbed_ = 0;
  Visits visits_;

  // ---- scratch ----
  std::vector<Count> past_, whole_past_;
  std::vector<Count> row_;                       // the clock of the last event's thread before it
  Subject x_, seen_;
  Operation last_;                               // as the last event performed it
  std::vector<std::uint32_t> races_, open_;
  std::vector<std::vector<Count>> subset_rows_;
};

// ---- the tree --------------------------------------------------------------------------------------------------------

bool Dpor::begin_execution() {
  std::uint32_t shared = 0;
  current_.clear();
  showing_ = !meeting_.empty();
  if (showing_) {
    prefix_.swap(meeting_);
    meeting_.clear();
  } else if (std::exchange(started_, true)) {
    while (depth_ > 0 && nodes_[depth_ - 1].children.empty()) --depth_;
    if (depth_ == 0) return false;
    Node& parent = nodes_[depth_ - 1];
    const Child child = parent.children.back();
    parent.children.pop_back();
    prefix_.assign(parent.sequence.begin(), parent.sequence.begin() + child.at);
    prefix_.insert(prefix_.end(), parent.items.begin() + child.before, parent.items.begin() + child.before_end);
    parent.items.resize(child.before);  // the last child's are the last ones
    prefix_.push_back(child.head);
    for (const Block& block : parent.blocks)
      if (block.head < child.at) current_.blocks.push_back(block);
    current_.blocks.push_back({.start = child.at, .head = static_cast<std::uint32_t>(prefix_.size() - 1), .thread = child.thread,
                               .index = child.index, .type = child.type, .alternative = child.alternative});
    sibling_ = child.sibling;
    const std::size_t most = std::min<std::size_t>(events_.size(), child.at);
    while (shared < most && events_[shared].thread == prefix_[shared].thread && events_[shared].variant == prefix_[shared].variant)
      ++shared;
  }
  // Blocks that an execution left behind push those of the next one to other addresses.
  const std::uintptr_t heap = situation_->heap();
  if (std::exchange(heap_, heap) != heap) shared = 0;
  cut_back(shared);
  retained_ = static_cast<std::uint32_t>(events_.size());
  made_ = 0;
  key_of_.clear();
  for (Thread& thread : threads_) thread = {.ordered = thread.ordered};
  waiting_.clear();
  fresh_.clear();
  withdrawn_.clear();
  late_.clear();
  under_way_ = false;
  settled_ = true;
  undisturbed_ = 0;
  visits_.clear();
  add_thread(0, 0);
  return true;
}

void Dpor::end_execution(Ending ending) {
  if (!visits_.empty() && ending != Ending::failed && ending != Ending::deadlock) find_meeting();
  if (current_.children.empty()) return;
  std::uint32_t needed = 0;
  for (const Child& child : current_.children) needed = std::max(needed, child.at);
  for (std::uint32_t i = 0; i < needed; ++i) current_.sequence.push_back({events_[i].thread, events_[i].variant});
  if (depth_ == nodes_.size()) nodes_.emplace_back();
  std::swap(nodes_[depth_++], current_);
}

// ---- what happens ----------------------------------------------------------------------------------------------------

void Dpor::widen() {
  const std::uint32_t wider = width_ * 2;
  const auto spread = [&](std::vector<Count>& rows) {
    std::vector<Count> result(rows.size() * 2);
    for (std::size_t i = 0; i < rows.size(); ++i) result[i / width_ * wider + i % width_] = rows[i];
    rows = std::move(result);
  };
  spread(clocks_);
  spread(now_);
  row_.resize(wider);
  width_ = wider;
}

std::uint32_t Dpor::add_thread(std::uint32_t id, std::uint32_t key) {
  while (family_.size() > width_) widen();
  if (threads_.size() < family_.size()) threads_.resize(family_.size());
  if (now_.size() < family_.size() * width_) now_.resize(family_.size() * width_);
  threads_[key].id = id;
  if (key_of_.size() <= id) key_of_.resize(id + 1, none);
  key_of_[id] = key;
  if (std::exchange(threads_[key].ordered, false)) std::fill_n(now(key), width_, 0);
  return key;
}

void Dpor::created(std::uint32_t parent, std::uint32_t child) {
  Thread& creator = threads_[key_of_[parent]];
  const std::uint32_t key = family_.child(key_of_[parent], creator.children++);
  const Visits::Position begin = position(key_of_[parent]);
  add_thread(child, key);
  threads_[key].begin = begin;
  ordered(parent, child);
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

void Dpor::finished(std::uint32_t id) {
  const std::uint32_t key = key_of_[id];
  Thread& thread = threads_[key];
  thread.pending = nullptr;
  if (!std::exchange(thread.waits, false)) return;
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), key));
}

std::uint32_t Dpor::slot_of(std::uintptr_t address) {
  if (table_.size() < slots_.size() * 2 + 2) {
    table_.assign(std::max<std::size_t>(64, table_.size() * 2), none);
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      std::size_t at = (slots_[i].key * 0x9e3779b97f4a7c15ULL >> 20) & (table_.size() - 1);
      while (table_[at] != none) at = (at + 1) & (table_.size() - 1);
      table_[at] = i;
    }
  }
  std::size_t at = (address * 0x9e3779b97f4a7c15ULL >> 20) & (table_.size() - 1);
  while (table_[at] != none) {
    if (slots_[table_[at]].key == address) return table_[at];
    at = (at + 1) & (table_.size() - 1);
  }
  table_[at] = static_cast<std::uint32_t>(slots_.size());
  slots_.push_back({.key = address});
  return table_[at];
}

// Back to the first `length` events. Places that are not touched any more stay known, up to a limit.
void Dpor::cut_back(std::uint32_t length) {
  if (slots_.size() > std::size_t{1} << 16) {
    slots_.clear();
    table_.clear();
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

// Calls f(event, covers) for the events before position `below` that something with these accesses depends on, latest first
// and word by word; if it says no, the rest of the word is left out. `covers`: what else of this word it depends on happens
// before the event. An event may come twice.
template <class F>
void Dpor::each_conflict(const Subject& x, std::uint32_t below, F f) {
  if (!askers_.empty()) {
    for (auto asker = askers_.rbegin(); asker != askers_.rend(); ++asker)
      if (asker->second == x.thread && asker->first < below && !f(asker->first, false)) break;
  }
  if (x.ends != none) {
    for (std::uint32_t e = below; e-- > 0;)
      if (events_[e].thread == x.ends && !f(e, true)) break;
  }
  for (const Subject::Reach& own : x.reaches) {
    for (std::uint32_t t = slots_[own.slot].last; t != none;) {
      const Trace& trace = traces_[t];
      if (trace.event >= below) {
        t = trace.previous;
      } else if (commute(trace.touch.access, own.touch.access)) {
        t = trace.other;
      } else if (!conflict(trace.touch, own.touch)) {
        t = trace.previous;
      } else {
        t = trace.previous;
        if (!f(trace.event, covers(trace.touch, own.touch))) break;
      }
    }
  }
}

void Dpor::reach(Subject& x, const Touch& touch, std::int32_t effect, std::uint64_t state) {
  for (std::uintptr_t word = touch.address >> 3; word <= (touch.address + touch.size - 1) >> 3; ++word)
    x.reaches.push_back({.touch = touch, .slot = slot_of(word), .effect = effect, .state = state});
}

void Dpor::describe(Subject& x, std::uint32_t thread, const Operation& op) {
  x.reaches.clear();
  if (const Touch first = first_touch(op); first.access != Access::none) reach(x, first, op.effect, op.state);
  if (const Touch second = second_touch(op); second.access != Access::none) reach(x, second, op.effect, op.second_state);
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
    std::memcpy(now(key), clock(event), width_ * sizeof(Count));
  } else {
    const auto touches = static_cast<std::uint32_t>(traces_.size());
    events_.push_back({.thread = key, .variant = variant_, .index = thread.made, .type = op.type->hash, .offered = offered_,
                       .touches = touches,
                       .touches_end = touches});
    for (const Block& block : current_.blocks) events_.back().in_block |= event >= block.start && event <= block.head;
    if (clocks_.size() < (std::size_t{event} + 1) * width_) clocks_.resize((std::size_t{event} + 1) * width_ * 2);
    Count* row = clock(event);
    std::memcpy(row, now(key), width_ * sizeof(Count));
    last_ = op;
    describe(x_, key, op);
    if (op.failed && op.type->fails != nullptr && part_was_written(event)) x_.reaches[0].touch.access = Access::write;
    each_conflict(x_, event, [&](std::uint32_t e, bool covered) {
      if (!within(e, row)) join(row, clock(e));
      return !covered;
    });
    row[key] = thread.made;
    record(event, x_);
    if (x_.ends != none) askers_.emplace_back(event, x_.ends);
    // The clock before the event is what its races are judged by.
    row_.assign(now(key), now(key) + width_);
    std::memcpy(now(key), row, width_ * sizeof(Count));
    settled_ = false;
  }
  under_way_ = false;
  thread.ordered = true;
  for (const auto& [from, to] : late_) {
    join(now(to), now(from));
    threads_[to].ordered = true;
  }
  late_.clear();
}

// ---- who is next -----------------------------------------------------------------------------------------------------

std::size_t Dpor::prescribed(const ChoicePoint& at, Item item) const {
  const std::uint32_t id = item.thread < threads_.size() ? threads_[item.thread].id : none;
  for (std::size_t i = 0; i < at.enabled.size(); ++i)
    if (at.enabled[i].thread == id && at.enabled[i].variant == item.variant && key_of_[id] == item.thread) return i;
  throw Divergence(fmt::format(
      "at step {} a thread cannot do what it did in an equivalent execution: the program depends on something outside the model "
      "(time, randomness, an address, state left by an earlier execution)", at.step));
}

// The event that the last block was put before; else the thread goes on that made the last step, unless it has been at it for
// long; else the next one. What many can hold up comes after all else: put before it, they would leave open when it can follow.
std::size_t Dpor::by_default(const ChoicePoint& at) {
  constexpr std::uint32_t patience = 500;
  const auto& enabled = at.enabled;
  const std::uint32_t before = key_of_[at.last];
  std::uint32_t first = none;
  if (!current_.blocks.empty() && !fault(Fault::reversed_is_not_next)) {
    const Block& block = current_.blocks.back();
    if (!block.alternative && block.head + 1 == made_) first = threads_[block.thread].id;
  }
  std::size_t best = 0;
  std::uint64_t least = ~std::uint64_t{0};
  for (std::size_t i = 0; i < enabled.size(); ++i) {
    const std::uint32_t id = enabled[i].thread;
    if (i > 0 && id == enabled[i - 1].thread) continue;
    if (id == first) return i;
    const std::uint32_t key = key_of_[id];
    std::uint64_t rank = key > before ? key - before : key + (std::uint64_t{1} << 32);
    if (id == at.last) rank = undisturbed_ < patience ? 0 : std::uint64_t{2} << 32;
    if (enabled[i].operation->type->held_up_by_many) rank += std::uint64_t{4} << 32;
    if (rank < least) {
      least = rank;
      best = i;
    }
  }
  return best;
}

void Dpor::offer_alternatives(const ChoicePoint& at, std::size_t first) {
  const std::uint32_t id = at.enabled[first].thread;
  const bool head = made_ + 1 == prefix_.size();
  if (head && (sibling_ || current_.blocks.back().alternative)) return;
  for (std::size_t i = first + 1; i < at.enabled.size() && at.enabled[i].thread == id; ++i) {
    const Item other{key_of_[id], at.enabled[i].variant};
    if (head) {
      const Block& block = current_.blocks.back();
      const auto before = static_cast<std::uint32_t>(current_.items.size());
      current_.items.insert(current_.items.end(), prefix_.begin() + block.start, prefix_.end() - 1);
      current_.children.push_back({.at = block.start, .before = before, .before_end = static_cast<std::uint32_t>(current_.items.size()),
                                   .head = other, .alternative = false, .sibling = true, .thread = block.thread,
                                   .index = block.index, .type = block.type});
    } else {
      const auto none_before = static_cast<std::uint32_t>(current_.items.size());
      current_.children.push_back({.at = made_, .before = none_before, .before_end = none_before, .head = other,
                                   .alternative = true, .sibling = false, .thread = other.thread, .index = 0, .type = 0});
    }
  }
}

std::size_t Dpor::choose(const ChoicePoint& at) {
  if (!settled_ || !fresh_.empty()) settle();
  std::size_t index = 0;
  if (made_ < prefix_.size()) {
    index = prescribed(at, prefix_[made_]);
  } else {
    index = by_default(at);
  }
  const Candidate& candidate = at.enabled[index];
  if (!showing_ && made_ + 1 >= prefix_.size() && candidate.variant == 0 && index + 1 < at.enabled.size() &&
      at.enabled[index + 1].thread == candidate.thread)
    offer_alternatives(at, index);
  undisturbed_ = candidate.thread == at.last ? undisturbed_ + 1 : 0;
  chosen_ = key_of_[candidate.thread];
  variant_ = candidate.variant;
  if (made_ < retained_ && events_[made_].offered != at.fingerprint)
    throw Divergence(fmt::format(
        "at step {} the program offers other candidates than before under the same choices: it depends on something outside the "
        "model (time, randomness, an address, state left by an earlier execution)", at.step));
  offered_ = at.fingerprint;
  Thread& thread = threads_[chosen_];
  thread.slack = thread.waits ? situation_->slack_of(candidate.thread) : unblockable;
  under_way_ = true;
  return index;
}

// ---- races -----------------------------------------------------------------------------------------------------------

// The last step and all that came of it are known: which races does it complete?
void Dpor::settle() {
  const bool judged = !showing_ && made_ >= prefix_.size() && made_ > retained_ && made_ > 0;  // its block, if any, is complete
  if (judged) {
    const std::uint32_t last = made_ - 1;
    if (!settled_) judge_executed(last);
    if (!fault(Fault::waiting_is_not_judged)) {
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

void Dpor::judge_executed(std::uint32_t x) {
  const Event& event = events_[x];
  if (event.variant != 0 && x + 1 == prefix_.size()) return;  // its first alternative is judged
  races_.clear();
  each_conflict(x_, x, [&](std::uint32_t d, bool covered) {
    const bool before = within(d, row_.data());
    if (!before) races_.push_back(d);
    return !(before && covered);
  });
  if (event.touches_end - event.touches > 1 || !askers_.empty()) {
    std::sort(races_.begin(), races_.end(), std::greater<>());
    races_.erase(std::unique(races_.begin(), races_.end()), races_.end());
  }
  const bool may_fail = last_.type->fails != nullptr;
  if (may_fail) seen_ = x_;
  for (const std::uint32_t d : races_) {
    const Event& reversed = events_[d];
    if (reversed.in_block) continue;
    // What x needs of what came after d: its thread's past, and what it depends on and does not come of d.
    past_ = row_;
    bool next = true;
    for (const std::uint32_t e : races_) {
      if (e <= d) break;
      if (clock(e)[reversed.thread] >= reversed.index) {
        next = false;  // x must come before e first
      } else if (!fault(Fault::forgets_what_x_needs)) {
        join(past_.data(), clock(e));
      }
    }
    if (!next) continue;
    if (may_fail) {
      x_ = seen_;
      as_before(d, event.thread);
    }
    judge(d, event.thread, Kind::executed, x);
  }
}

// Whether something wrote, before position `below`, some but not just the bytes that x_ touches first. A compare-exchange that
// fails then counts as a write: if it would succeed without that, it would depend on accesses to the other bytes that do not
// depend on that, and that it need not have waited for.
bool Dpor::part_was_written(std::uint32_t below) const {
  if (x_.reaches.empty()) return false;
  const Subject::Reach& own = x_.reaches[0];
  for (std::uint32_t t = slots_[own.slot].last; t != none; t = traces_[t].previous) {
    const Trace& trace = traces_[t];
    if (trace.event < below && trace.touch.access == Access::write && dependent(trace.touch, own.touch) &&
        (trace.touch.address != own.touch.address || trace.touch.size != own.touch.size))
      return true;
  }
  return false;
}

// Makes x_ the accesses that the last event, of `thread`, will make before d, where it may succeed instead of failing.
void Dpor::as_before(std::uint32_t d, std::uint32_t thread) {
  const Touch own = first_touch(last_);
  for (std::uint32_t t = events_[d].touches; t < events_[d].touches_end; ++t) {
    const Trace& trace = traces_[t];
    if (!conflict(trace.touch, own)) continue;
    std::uint64_t state = trace.state;
    if (trace.touch.address != own.address || trace.touch.size != own.size) {
      if (own.size > 8 || trace.touch.size > 8) {  // it is not known, so it counts as what depends on most
        x_.reaches[0].touch.access = Access::write;
        continue;
      }
      // Words of different sizes overlap: the bytes that d writes, as they were; the others as x finds them.
      state = last_.state;
      for (std::uint32_t i = 0; i < trace.touch.size; ++i) {
        const std::uintptr_t at = trace.touch.address + i - own.address;
        if (at >= own.size) continue;
        state &= ~(std::uint64_t{0xff} << 8 * at);
        state |= (trace.state >> 8 * i & 0xff) << 8 * at;
      }
    }
    const bool fails = last_.type->fails(last_, state, threads_[thread].id);
    x_.reaches[0].touch.access = fails && !part_was_written(d) ? last_.type->failed : last_.type->access;
  }
}

// `thread` has announced something that its object may keep from happening, and `last` is the step made last: either by it the
// announcement came about, or the announcement was there already.
void Dpor::judge_waiting(std::uint32_t thread, std::uint32_t last, bool fresh) {
  const Touch wanted = first_touch(*threads_[thread].pending);
  const Count* before = now(thread);
  if (!fresh) {
    // Only what touches the object changes anything.
    bool met = !askers_.empty() && askers_.back() == std::pair(last, thread);
    for (std::uint32_t t = events_[last].touches; t < events_[last].touches_end; ++t) {
      const Trace& trace = traces_[t];
      // What only gave something back, to one at a time, makes nobody wait, and all before it come before it.
      if (trace.effect >= 0 && trace.touch.access == Access::write && trace.touch.address == wanted.address) continue;
      met |= conflict(trace.touch, wanted);
    }
    if (!met) return;
  }
  describe(x_, thread, *threads_[thread].pending);
  races_.clear();
  each_conflict(x_, made_, [&](std::uint32_t d, bool covered) {
    const bool done = within(d, before);
    if (!done) races_.push_back(d);
    return !(done && covered);
  });
  std::sort(races_.begin(), races_.end(), std::greater<>());
  races_.erase(std::unique(races_.begin(), races_.end()), races_.end());
  for (const std::uint32_t d : races_) {
    const Event& reversed = events_[d];
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
  const Event& waker = events_[x.by];
  if (waker.in_block) return;
  if (x.by != last) {
    if (askers_.empty() || askers_.back() != std::pair(last, x.thread)) return;
    if (clock(last)[waker.thread] >= waker.index) return;
  }
  x_.reaches.clear();
  reach(x_, traces_[waker.touches].touch, 0, 0);
  x_.thread = x.thread;
  x_.ends = none;
  open_.clear();
  for (const auto& [asker, asked] : askers_)
    if (asker > x.by && asked == x.thread && clock(asker)[waker.thread] < waker.index) open_.push_back(asker);
  subset_rows_.resize(std::max(subset_rows_.size(), open_.size() + 1));
  subset_rows_[0].assign(clock(x.own), clock(x.own) + width_);
  judge_subsets(x.by, x.thread, Kind::withdrawn, x.by != last ? last : none, 0);
}

// Judges the race with each closed set of open_ (from `next` on; `needed` among them, if any) as what x needs as well.
void Dpor::judge_subsets(std::uint32_t d, std::uint32_t thread, Kind kind, std::uint32_t needed, std::size_t next) {
  if (next == open_.size()) {
    past_ = subset_rows_[next];
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
  for (std::uint32_t t = slots_[x_.reaches[0].slot].last; t != none && traces_[t].event >= d; t = traces_[t].previous)
    if (traces_[t].event != x_event && traces_[t].touch.address == x_.reaches[0].touch.address && !within(traces_[t].event, kept))
      sum += traces_[t].effect;
  return sum;
}

// Whether, as far as the blocks directly before d go that were put there because of d, x comes after their heads.
bool Dpor::first_in_chain(std::uint32_t d, std::uint32_t thread) {
  if (fault(Fault::chains_are_not_ordered)) return true;
  const Event& reversed = events_[d];
  std::uint32_t end = d;
  bool known = false;
  for (auto block = current_.blocks.rbegin(); block != current_.blocks.rend(); ++block) {
    if (block->head >= end) continue;
    if (block->head + 1 != end || block->alternative || block->thread != reversed.thread ||
        block->index != reversed.index || block->type != reversed.type)
      return true;
    if (!std::exchange(known, true)) {
      // All that happens before x once d does not.
      whole_past_ = past_;
      each_conflict(x_, d, [&](std::uint32_t e, bool covered) {
        join(whole_past_.data(), clock(e));
        return !covered;
      });
    }
    if (within(block->head, whole_past_.data())) return true;
    if (thread < events_[block->head].thread) return false;
    end = block->start;
  }
  return true;
}

// Is this the execution in which x, an event of `thread` with the accesses x_, is to be put before d? past_: what happens
// before x then, as far as it comes after d.
void Dpor::judge(std::uint32_t d, std::uint32_t thread, Kind kind, std::uint32_t x_event) {
  const Event& reversed = events_[d];
  const Count* past = past_.data();

  // Everything that is given up must be as the default has it.
  for (auto block = current_.blocks.rbegin(); block != current_.blocks.rend() && block->head > d; ++block) {
    if (fault(Fault::heads_may_be_given_up)) break;
    if (block->head == x_event) {
      if (block->alternative) return;
    } else if (!within(block->head, past)) {
      return;
    }
  }

  // Can x happen without d, and would it have to wait after it?
  std::int64_t slack = unblockable;
  if (kind == Kind::executed) slack = threads_[thread].slack;
  if (kind == Kind::announced) slack = situation_->slack_of(threads_[thread].id);
  if (slack < unblockable / 2) {
    slack -= effects_given_up(d, x_event, past);
    if (slack < 0) return;
    std::int32_t effect = 0;
    for (std::uint32_t t = reversed.touches; t < reversed.touches_end; ++t)
      if (traces_[t].touch.address == x_.reaches[0].touch.address) effect = traces_[t].effect;
    if ((slack + effect < 0) != (kind == Kind::announced)) return;
  } else if (kind == Kind::announced) {
    return;  // nothing keeps it waiting: judged when it happens
  }

  if (!first_in_chain(d, thread)) return;
  const auto before = static_cast<std::uint32_t>(current_.items.size());
  for (std::uint32_t e = d + 1; e < made_; ++e)
    if (e != x_event && within(e, past)) current_.items.push_back({events_[e].thread, events_[e].variant});
  current_.children.push_back({.at = d, .before = before, .before_end = static_cast<std::uint32_t>(current_.items.size()),
                               .head = {thread, 0}, .alternative = false, .sibling = false, .thread = reversed.thread,
                               .index = reversed.index, .type = reversed.type});
}

const Registration dpor{"dpor", "one execution of each class of equivalent ones: optimal partial-order reduction", false,
                        [](Arguments&, std::unique_ptr<Strategy>) { return std::make_unique<Dpor>(); }};

}  // namespace
}  // namespace interleave::engine
