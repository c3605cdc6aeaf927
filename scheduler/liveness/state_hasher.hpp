// Incremental state hashing: each state of an execution has a sum, by which an earlier state is recognised.
//
// The state of a program is what its memory holds (the live stacks of its threads included), and where each thread stands: which
// operation it has announced, from where, with which registers. Its sum is the sum, over all words of memory and all threads, of a
// hash of the place together with what is there. So a step changes the sum by what it replaces, the *delta* of the step:
//
//     step            x: 0 -> 1     T1: at a -> at b       delta   h(x,1) - h(x,0)  +  h(T1,b) - h(T1,a)
//
// and the deltas of a set of steps add up to zero exactly if the steps lead back to the state in which they began. The order in which
// independent steps of different threads are added does not matter. (Up to collisions of 128 bits.)
//
// A step's delta is known when its thread has announced its next operation. The delta is *unique*, so that no sum with it is zero, in two
// cases: the step did something that memory does not show (allocated, freed, created or woke a thread, drew a random number, looked
// at a clock); or the thread's registers before and after the step are not known (the thread called a door that is made by neither
// INTERLEAVE_POLLING_DOOR nor INTERLEAVE_NOTING_DOOR). How much time has passed for a thread is not part of the state:
// a thread that wants to know looks at a clock.
//
// Where there are counters (loop_counters.hpp), sums are kept twice: exactly, and *modulo counters*, without the counters of threads that stand in
// loops that wait and count. Modulo counters, looking at a clock, allocating and freeing are not unique; what has been freed is no part of a state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/liveness/loop_counters.hpp"
#include "scheduler/liveness/spin_detector.hpp"
#include "scheduler/memory/change_observer.hpp"
#include "scheduler/model/operation.hpp"
#include "scheduler/model/state_hash.hpp"

namespace interleave::engine {

class StateHasher final : public ChangeObserver {
 public:
  // A thread that has often been at a place: where, and how many steps had been made when it was there for the `often`th time.
  struct Suspect {
    std::uint32_t thread;
    std::uint64_t place;
    std::uint64_t steps;
  };
  static constexpr std::uint32_t often = 16;

  // `counters` is first read by the first execution. `solo_run` watches a thread that steps alone; it may be null.
  StateHasher(const LoopCounters& counters, SoloRun* solo_run) : counters_(counters), solo_run_(solo_run) {}

  void begin_execution();

  // ---- what the running thread does; it counts for the step that the thread announced last ----
  void wrote(const void* p, std::size_t size) override;
  void beyond() override { unique_ = unique_modulo_counters_ = true; }
  void looks_at_clock() { unique_ = true; }
  void allocates() override;
  void has_outcome(std::string_view value);
  void freed(const void* p, std::size_t size) override;
  void unmapped(std::uintptr_t begin, std::uintptr_t end) override;

  // ---- the steps ----
  void chosen(std::uint32_t thread, std::uint32_t variant);
  // The thread announces `operation`, called from a door in this state; its stack ends at `high`.
  HashedStep announced(std::uint32_t thread, const Operation& operation, const CallState& state, const std::uintptr_t* high);
  // The thread has ended with this result. `known` false: it goes to sleep in parallel(), where its registers are not known.
  HashedStep ended(std::uint32_t thread, const void* result, bool known);

  const StateHash& now() const { return now_; }
  const StateHash& now_modulo_counters() const { return now_modulo_counters_; }
  // Whether the thread that made the last step stands in a loop that waits and counts.
  bool counts() const { return counts_; }
  const std::vector<Suspect>& suspects() const { return suspects_; }
  // How often a thread came back to one and the same local state: the largest number of all threads and states.
  std::size_t returns() const;
  // How many of its own steps ago the thread was in its present local state the last time; 0: never.
  std::size_t round(std::uint32_t thread) const;

 private:
  struct Local {
    std::vector<std::uintptr_t> stack;     // when it announced last, and as written by others since; the highest word first
    const std::uintptr_t* high = nullptr;
    StateHash rest, sum;                      // of registers and operation; of all
    StateHash counters;                       // the part of `sum` that is left out modulo counters
    bool counts = false;                   // it stands in a loop that waits and counts
    bool known = false;
    std::vector<std::uint64_t> local_states;  // one for each announcement
    std::unordered_map<std::uint64_t, std::uint32_t> places;  // how often it has been at each
  };
  struct Written {
    std::uintptr_t* word;
    std::uintptr_t before;
  };
  struct Known {
    std::uintptr_t first, counted;  // what was in it, and what is counted as being in it
  };
  Local& local(std::uint32_t thread);
  void note_place(std::uint32_t thread, std::uint64_t place, const std::uintptr_t* stack);
  void add_writes();
  StateHash counters_of(std::uint32_t thread, const LoopCounters::Own& own, const CallState& state, const std::uintptr_t* high) const;
  HashedStep hashed(std::uint32_t thread, Local& local, bool known);

  std::vector<Local> locals_;              // by thread
  std::vector<Written> written_;           // since somebody announced something
  std::unordered_map<std::uintptr_t*, Known> words_;
  std::vector<std::pair<std::uintptr_t*, std::uintptr_t*>> freed_;  // since somebody announced something: from, to
  const LoopCounters& counters_;
  SoloRun* solo_run_;
  std::vector<std::uint64_t> parts_;       // of a thread, where it stands
  std::vector<Suspect> suspects_;
  StateHash outcome_, outcome_change_;        // since somebody announced something
  StateHash delta_, modulo_counters_;                // of the step that is being hashed
  bool unique_ = false, unique_modulo_counters_ = false;
  bool counts_ = false;
  std::uint64_t steps_ = 0;
  std::uint64_t history_ = 0, uniques_ = 0;
  StateHash now_, now_modulo_counters_;
};

}  // namespace interleave::engine
