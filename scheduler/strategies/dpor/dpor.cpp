// Optimal dynamic partial-order reduction: one execution of every Mazurkiewicz class, none in vain, in little memory.
//
// After "Optimal Dynamic Partial Order Reduction" (Abdulla, Aronis, Jonsson, Sagonas, POPL'14) in what is explored, and after
// "Truly Stateless, Optimal Dynamic Partial Order Reduction" (TruSt, Kokologiannakis, Marmanis, Gladstein, Vafeiadis, POPL'22)
// and "Parsimonious Optimal Dynamic Partial Order Reduction" (POP, Abdulla, Atig, Das, Jonsson, Sagonas, CAV'24) in how: no
// wakeup trees and no sleep sets are kept. Whether a race is to be reversed *here* is read off the execution itself, by asking
// whether the execution is the one, of all those that show the race, from which the reversal is meant to be made.
//
// An execution is a sequence of events (the steps of threads). Where nothing is prescribed, the *default* event comes next. A
// *insertion* is a place where something is: some events V and after them x, the *head*, come before a default event d that x
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
#include "scheduler/strategies/dpor/dpor.hpp"

#include <memory>

#include <fmt/format.h>

namespace interleave::engine::dpor {

// ---- the tree --------------------------------------------------------------------------------------------------------

bool Dpor::begin_execution() {
  std::uint32_t shared = 0;
  current_.clear();
  showing_ = !meeting_.empty();
  if (showing_) {
    prefix_.swap(meeting_);
    meeting_.clear();
  } else if (std::exchange(started_, true)) {
    while (depth_ > 0 && nodes_[depth_ - 1].branches.empty()) --depth_;
    if (depth_ == 0) return false;
    Node& parent = nodes_[depth_ - 1];
    const Branch branch = parent.branches.back();
    parent.branches.pop_back();
    prefix_.assign(parent.sequence.begin(), parent.sequence.begin() + branch.at);
    prefix_.insert(prefix_.end(), parent.items.begin() + branch.before, parent.items.begin() + branch.before_end);
    parent.items.resize(branch.before);  // the last child's are the last ones
    prefix_.push_back(branch.head);
    for (const Insertion& insertion : parent.insertions)
      if (insertion.head < branch.at) current_.insertions.push_back(insertion);
    current_.insertions.push_back({.start = branch.at, .head = static_cast<std::uint32_t>(prefix_.size() - 1), .thread = branch.thread,
                               .index = branch.index, .type = branch.type, .alternative = branch.alternative});
    sibling_ = branch.sibling;
    const std::uint32_t most = std::min(events_.size(), branch.at);
    while (shared < most && events_[shared].thread == prefix_[shared].thread && events_[shared].variant == prefix_[shared].variant)
      ++shared;
  }
  // Blocks that an execution left behind push those of the next one to other addresses.
  const std::uintptr_t heap = view_->heap();
  if (std::exchange(heap_, heap) != heap) shared = 0;
  cut_back(shared);
  retained_ = events_.size();
  block_ = 0;
  // SectionOverlap to sections stay Visit not taken back.
  repeated_ = saves_ && std::exchange(ended_, false) && visits_.empty() && retained_ < save_points_.size() ? retained_ : 0;
  saves_ = may_save_ && pays_to_save();
  if (!saves_) repeated_ = 0;  // or else nothing would be saved from there on
  if (repeated_ > 0) {
    go_back(repeated_);
  } else {
    begin_anew();
  }
  return true;
}

void Dpor::begin_anew() {
  made_ = 0;
  waiting_.clear();
  fresh_.clear();
  withdrawn_.clear();
  late_.clear();
  under_way_ = false;
  settled_ = true;
  undisturbed_ = 0;
  visits_.clear();
  for (auto& own : own_) own.clear();
  for (auto& stands : stands_) stands.clear();
  keys_are_ids_ = true;
  save_points_.clear();
  saved_.clear();
  saved_pasts_.clear();
  saved_waiting_.clear();
  add_thread(0, 0);
}

void Dpor::end_execution(Ending ending) {
  ended_ = true;
  if (!visits_.empty() && ending != Ending::failed && ending != Ending::deadlock) find_meeting();
  keep_children();
  if constexpr (validates) validate(ending);
}

// The execution that has ended becomes a node of the tree, if it has children.
void Dpor::keep_children() {
  has_children_ = !current_.branches.empty();
  if (!has_children_) return;
  std::uint32_t needed = 0;
  for (const Branch& branch : current_.branches) needed = std::max(needed, branch.at);
  for (std::uint32_t i = 0; i < needed; ++i) current_.sequence.push_back({events_[i].thread, events_[i].variant});
  if (depth_ == nodes_.size()) nodes_.emplace_back();
  Node& kept = nodes_[depth_++];
  bytes_ += current_.bytes() - kept.bytes();
  std::swap(kept, current_);
}

std::span<const std::uint32_t> Dpor::opened() {
  opened_.clear();
  if (has_children_)
    for (const Branch& branch : nodes_[depth_ - 1].branches) opened_.push_back(branch.at);
  return opened_;
}

// ---- who is next -----------------------------------------------------------------------------------------------------

// Where the candidates of thread `id` begin, if it has any, or those of the next thread.
__attribute__((always_inline)) static inline std::size_t first_of(std::span<const Candidate> enabled, std::uint32_t id) {
  // Mostly few that were created in between are missing, and everybody has one.
  std::size_t i = std::min<std::size_t>(id - enabled[0].thread, enabled.size() - 1);
  while (i > 0 && enabled[i - 1].thread >= id) --i;
  while (i < enabled.size() && enabled[i].thread < id) ++i;
  return i;
}

static __attribute__((noinline, cold)) void refuse(std::uint64_t step, const char* what) {
  throw Divergence(fmt::format("at step {} {} {}", step, what, depends_on_more));
}

inline std::size_t Dpor::prescribed(const ChoicePoint& at, PlannedStep item) const {
  const std::uint32_t id = item.thread < room_ ? threads_[item.thread].id : none;
  const std::size_t i = first_of(at.enabled, id) + item.variant;
  if (id == none || key_of_[id] != item.thread || i >= at.enabled.size() || at.enabled[i].thread != id) [[unlikely]]
    refuse(at.step, "a thread cannot do what it did in an equivalent execution: the program");
  return i;
}

// The event that the last block was put before; else the thread goes on that made the last step, unless it has been at it for
// long; else the next one. What many can hold up comes after all else: put before it, they would leave open when it can follow.
std::size_t Dpor::by_default(const ChoicePoint& at) {
  constexpr std::uint32_t patience = 500;
  const auto& enabled = at.enabled;
  const std::uint32_t before = key_of_[at.last];
  std::uint32_t first = none;
  if (!current_.insertions.empty() && !planted(PlantedFault::reversed_is_not_next)) {
    const Insertion& insertion = current_.insertions.back();
    if (!insertion.alternative && insertion.head + 1 == made_) first = threads_[insertion.thread].id;  // d's, and so it is there
  }
  if (first == none && keys_are_ids_ && undisturbed_ < patience) {  // mostly it is the first from that thread on
    for (std::size_t i = first_of(enabled, at.last); i < enabled.size(); ++i)
      if (!threads_[enabled[i].thread].stopped && !enabled[i].operation->type->held_up_by_many) return i;
  }
  std::size_t best = prune;
  std::uint64_t least = ~std::uint64_t{0};
  for (std::size_t i = 0; i < enabled.size(); ++i) {
    const std::uint32_t id = enabled[i].thread;
    if (i > 0 && id == enabled[i - 1].thread) continue;
    const std::uint32_t key = key_of_[id];
    if (threads_[key].stopped) [[unlikely]] continue;
    if (id == first) return i;
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
  if (head && (sibling_ || current_.insertions.back().alternative)) return;
  for (std::size_t i = first + 1; i < at.enabled.size() && at.enabled[i].thread == id; ++i) {
    const PlannedStep other{key_of_[id], at.enabled[i].variant};
    if (head) {
      const Insertion& insertion = current_.insertions.back();
      const auto before = static_cast<std::uint32_t>(current_.items.size());
      current_.items.insert(current_.items.end(), prefix_.begin() + insertion.start, prefix_.end() - 1);
      current_.branches.push_back({.at = insertion.start, .before = before, .before_end = static_cast<std::uint32_t>(current_.items.size()),
                                   .head = other, .alternative = false, .sibling = true, .thread = insertion.thread,
                                   .index = insertion.index, .type = insertion.type});
    } else {
      const auto none_before = static_cast<std::uint32_t>(current_.items.size());
      current_.branches.push_back({.at = made_, .before = none_before, .before_end = none_before, .head = other,
                                   .alternative = true, .sibling = false, .thread = other.thread, .index = 0, .type = 0});
    }
  }
}

std::size_t Dpor::choose(const ChoicePoint& at) {
  if (!settled_ || !fresh_.empty()) settle();
  if (saves_) save_point();
  std::size_t index = 0;
  if (made_ < prefix_.size()) {
    index = prescribed(at, prefix_[made_]);
  } else {
    index = by_default(at);
    if (index == prune) return index;
  }
  const Candidate& candidate = at.enabled[index];
  if (!showing_ && made_ + 1 >= prefix_.size() && candidate.variant == 0 && index + 1 < at.enabled.size() &&
      at.enabled[index + 1].thread == candidate.thread)
    offer_alternatives(at, index);
  undisturbed_ = candidate.thread == at.last ? undisturbed_ + 1 : 0;
  chosen_ = key_of_[candidate.thread];
  variant_ = candidate.variant;
  if (made_ < retained_) [[unlikely]] {
    if (events_[made_].offered != at.fingerprint) refuse(at.step, "the program offers other candidates than before under the same choices: it");
    // What was recorded of it says where it met others. It touched its object, whether it failed or not.
    const Touch touch = first_touch(*candidate.operation);
    const StepRecord& before = events_[made_];
    if (touch.access != Access::none && candidate.operation->type->failed != Access::none && before.touches != before.touches_end &&
        accesses_[before.touches].touch.address != touch.address)
      refuse(at.step, "a thread accesses another place than before under the same choices: the program");
  }
  offered_ = at.fingerprint;
  Thread& thread = threads_[chosen_];
  thread.slack = thread.waits ? view_->slack_of(candidate.thread) : unblockable;
  under_way_ = true;
  return index;
}

namespace {

const Registration registration{"dpor", "one execution of each class of equivalent ones: optimal partial-order reduction", {}, false,
                        [](const Arguments&, std::unique_ptr<Strategy>) { return std::make_unique<Dpor>(); }};

}  // namespace
}  // namespace interleave::engine::dpor
