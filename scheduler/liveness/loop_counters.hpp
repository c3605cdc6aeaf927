// Loops that wait, and count: while (!ready) ++polls;   while (!done) condition.wait_for(guard, 10ms);
//
// Each round of such a loop changes something, if only a counter or a deadline. So its thread never comes back to an earlier state
// (state_hasher.hpp), and a search has no end. But as long as no other thread makes a step, the thread stays in the loop, and what its
// rounds change has no effect. Once a thread has been seen to do so, alone, for as long as an execution may be, the words that its
// rounds change are *counters*, and while it stands in that loop, it is compared without them. Then it comes back, like one that does not
// count. Threads that stand elsewhere are compared with everything, and so are its own registers and its stack.
//
// That takes for equal what is not: a loop may do something else at each tenth round, or after its hundredth. So the rounds that the
// thread made alone are compared by what they did and where. They must repeat sooner or later,
//
//     round       1   2   3   4   5   6   7   8 ...
//     does        a   b   c   d   c   d   c   d ...        enters the period after 2 rounds, and it is of 2
//
// and no thread is given up that has not made all the rounds up to the period, and then that twice. What has been covered is said with
// the result, which is not `complete`: a schedule in which a thread goes round more often, in vain, was not tried. And that no schedule
// leads to an end is not proved of a program that counts: it is incomplete, and not a livelock.
//
// ("Fair Stateless Model Checking", Musuvathi and Qadeer, PLDI'08, makes such a search end by scheduling the others first, once the
// thread has yielded; what that leaves out depends on where the program happens to yield.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace interleave::engine {

// The words that are left out when a thread that waits in such a loop is compared with an earlier state of itself.
class LoopCounters {
 public:
  // The counters in a thread's local state at one place: words of its stack, and registers and other parts by number.
  struct Own {
    std::set<const std::uintptr_t*> words;
    std::set<std::size_t> parts;
  };

  // Whether no loop that waits and counts is known.
  bool none() const { return loops_.empty(); }
  // A word of memory that is not its own.
  bool contains(const std::uintptr_t* word) const { return !words_.empty() && words_.contains(word); }
  // The counters of `thread` at `place`; null if the place is in no such loop of the thread.
  const Own* at(std::uint32_t thread, std::uint64_t place) const {
    const auto found = own_.find({thread, place});
    return found != own_.end() ? &found->second : nullptr;
  }

  void add(const std::uintptr_t* word) { words_.insert(word); }
  Own& own(std::uint32_t thread, std::uint64_t place) { return own_[{thread, place}]; }
  // `place`: file and line of a loop whose laps are counted. `rounds`: how many laps a thread makes before it is given up.
  void add_loop(std::string place, std::size_t rounds);
  // Adds all of `other`. Returns whether anything was new.
  bool add(const LoopCounters& other);

  // How often a way round must have been gone before its thread is given up.
  std::size_t rounds() const { return rounds_; }
  const std::set<std::string>& loops() const { return loops_; }

 private:
  std::unordered_set<const std::uintptr_t*> words_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Own> own_;
  std::size_t rounds_ = 2;
  std::set<std::string> loops_;
};

// Watches a thread that steps alone (a solo run). The place where it stands when the watch begins is the beginning of a lap.
class SoloRun {
 public:
  // `place`: where it stands.
  SoloRun(std::uint32_t thread, std::uint64_t place) : thread_(thread), begin_(place) {}

  std::uint32_t thread() const { return thread_; }
  void begin() { begun_ = true; }
  bool begun() const { return begun_; }

  // The thread has written this word, which is not of its own stack; `before` is the old value.
  void wrote(const std::uintptr_t* word, std::uintptr_t before) { written_.try_emplace(word, before); }
  // The thread stands at `place`, with this stack; `high` is its upper end.
  void stands(std::uint64_t place, const std::vector<std::uint64_t>& parts, const std::uintptr_t* low, const std::uintptr_t* high);

  // How many laps a thread must make before it is given up: those before the period, and the period twice. 0: the laps do not repeat yet,
  // or are very long.
  std::size_t rounds() const;
  // Whether its rounds lead there.
  bool comes_to(std::uint64_t place) const { return stands_.contains({place, 0}); }
  // What its rounds changed.
  const LoopCounters& counters() const { return counters_; }

 private:
  struct Stand {
    std::vector<std::uint64_t> parts;
    std::vector<std::uintptr_t> stack;
  };

  std::uint32_t thread_;
  std::uint64_t begin_;
  bool begun_ = false;
  LoopCounters counters_;
  std::unordered_map<const std::uintptr_t*, std::uintptr_t> written_;     // in this round, and what was there before it
  std::map<std::pair<std::uint64_t, std::size_t>, Stand> stands_;         // by place and how often it had been there in the round
  std::unordered_map<std::uint64_t, std::size_t> times_;                  // in this round, by place
  std::uint64_t does_ = 0;                                                // in this round
  std::size_t length_ = 0;                                                // of it
  std::vector<std::uint64_t> rounds_;                                     // what each did
};

}  // namespace interleave::engine
