// What the state of `dpor` (dpor.hpp) is made of: events and their accesses, blocks, executions that are yet to be made.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "scheduler/liveness/state_hasher.hpp"
#include "scheduler/model/operation.hpp"

namespace interleave::engine::dpor {

// Deliberate faults, for the tests of the oracle that must notice them, and of dpor_validate.cpp; not in the library.
enum class PlantedFault {
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
  ends_commute,               // in the dependence relation: the end of a block with what is done to its words
  wide_is_not_found,          // the same of a large block
  count,
};

#ifdef INTERLEAVE_DPOR_FAULTS
inline bool planted(PlantedFault which) {
  static const int chosen = std::getenv("INTERLEAVE_DPOR_FAULT") != nullptr ? std::atoi(std::getenv("INTERLEAVE_DPOR_FAULT")) : 0;
  return chosen == static_cast<int>(which);
}
#else
constexpr bool planted(PlantedFault) { return false; }
#endif

using Count = std::uint32_t;
constexpr std::uint32_t none = ~std::uint32_t{0}, own_row = none - 1;

inline bool conflict(const Touch& a, const Touch& b) {
  const auto are = [&](Access one, Access other) {
    return (a.access == one && b.access == other) || (a.access == other && b.access == one);
  };
  if (planted(PlantedFault::posts_commute_with_waits) && are(Access::post, Access::write)) return false;
  if (planted(PlantedFault::enqueue_commutes_with_all) && are(Access::enqueue, Access::write)) return false;
  if (planted(PlantedFault::failed_is_no_read) && are(Access::read, Access::write)) return false;
  if (planted(PlantedFault::ends_commute) && a.size != b.size) return false;
  return dependent(a, b);
}

inline bool is_wide(const Touch& touch) { return touch.size > 1024; }
inline constexpr std::uintptr_t wide_key = ~std::uintptr_t{0};  // of no word

// Whether what happened before `a` and conflicts with `b` conflicts with `a` as well.
inline bool covers(const Touch& a, const Touch& b) {
  return a.access == Access::write && (planted(PlantedFault::sizes_are_equal) ||
                                       (a.address <= b.address && a.address + a.size >= b.address + b.size));
}

// Threads by who created them, which no schedule changes; their ids tell only in what order.
class Family {
 public:
  // The child of `parent` after its child `before`; its first one if that is none.
  std::uint32_t child(std::uint32_t parent, std::uint32_t before) {
    const std::uint32_t known = before == none ? members_[parent].first : members_[before].next;
    return known != none ? known : add(parent, before);
  }
  std::size_t size() const { return members_.size(); }

 private:
  struct Member {
    std::uint32_t first = none, next = none;  // its first child, the next child of its parent
  };
  __attribute__((noinline)) std::uint32_t add(std::uint32_t parent, std::uint32_t before) {
    const auto key = static_cast<std::uint32_t>(members_.size());
    (before == none ? members_[parent].first : members_[before].next) = key;
    members_.emplace_back();
    return key;
  }

  std::vector<Member> members_{1};
};

// An event that is prescribed.
struct PlannedStep {
  std::uint32_t thread, variant;
};

// A step that was made.
struct StepRecord {
  std::uint32_t thread, variant;
  Count         index;                // among those of its thread, from 1
  std::uint32_t type;                 // hash
  std::uint32_t offered;              // fingerprint of the candidates that it was chosen from
  std::uint32_t touches, touches_end;
  bool          in_block = false;
};

// The same, where states are kept.
struct StepHashes {
  bool          hashed = false;
  Count         level = 0;            // of the longest chain of events that each happen before the next, up to this one
  StateHash        delta, modulo_counters;      // once they are known
};

// One access of an event to one word of memory.
struct AccessRecord {
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

struct Insertion {
  std::uint32_t start, head;          // positions: V from start on, then the head
  std::uint32_t thread;               // whose default event it was put before
  Count         index;
  std::uint32_t type;                 // a timeout that was withdrawn leaves its index to what its thread did instead
  bool          alternative;          // of that very event
};

// An execution to be made: the sequence up to `at`, then `before`, then the head.
struct Branch {
  std::uint32_t at;
  std::uint32_t before, before_end;   // among the items of its node
  PlannedStep head;
  bool alternative;                   // of the event at `at`
  bool sibling;                       // another alternative of the head of a block that has been made
  std::uint32_t thread;               // of the event at `at`, as in Insertion
  Count         index;
  std::uint32_t type;
};

// An execution whose children are not all made.
struct Node {
  std::vector<PlannedStep>  sequence;        // as far as its children share it
  std::vector<Insertion> insertions;
  std::vector<Branch> branches;
  std::vector<PlannedStep>  items;           // of the children

  std::size_t bytes() const {
    return sequence.capacity() * sizeof(PlannedStep) + insertions.capacity() * sizeof(Insertion) + branches.capacity() * sizeof(Branch) +
           items.capacity() * sizeof(PlannedStep);
  }
  void clear() {
    sequence.clear();
    insertions.clear();
    branches.clear();
    items.clear();
  }
};

// What an event depends on, made or yet to be made.
struct Footprint {
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

}  // namespace interleave::engine::dpor
