// Loops that wait, and count: while (!ready) ++polls;   while (!done) condition.wait_for(guard, 10ms);
//
// Each round of such a loop changes something, if only a counter or a deadline, so its thread never comes back to a state that there was
// before (states.hpp), and a search has no end. But as long as nobody else makes a step, the thread goes round and round, and whatever its
// rounds change is of no consequence. Once a thread has been seen to do so, alone, for as long as an execution may be, the words that its
// rounds change are *counters*, and are left out of what a state is. Then the thread comes back, like one that does not count.
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

// What is left out of states.
class Counters {
 public:
  // No loop is known that counts, if only the time.
  bool none() const { return loops_.empty(); }
  // A word of memory.
  bool contains(const std::uintptr_t* word) const { return contains(reinterpret_cast<std::uintptr_t>(word)); }
  // A register, or something else that a thread holds where it stands.
  bool contains(std::uint32_t thread, std::uint64_t place, std::size_t part) const { return contains(key(thread, place, part)); }

  void add(const std::uintptr_t* word) { left_out_.insert(reinterpret_cast<std::uintptr_t>(word)); }
  void add(std::uint32_t thread, std::uint64_t place, std::size_t part) { left_out_.insert(key(thread, place, part)); }
  // `place`: file and line of a loop that they count the rounds of, which is to be gone round so often.
  void add_loop(std::string place, std::size_t rounds);
  // Whether there was anything new in it.
  bool add(const Counters& other);

  // How often a way round must have been gone before its thread is given up.
  std::size_t rounds() const { return rounds_; }
  const std::set<std::string>& loops() const { return loops_; }

 private:
  bool contains(std::uintptr_t what) const { return !left_out_.empty() && left_out_.contains(what); }
  static std::uintptr_t key(std::uint32_t thread, std::uint64_t place, std::size_t part) {
    return ((place + thread * 0x9e3779b97f4a7c15ULL) ^ (part + 1) * 0xd1342543de82ef95ULL) | 1;  // no address of a word
  }

  std::unordered_set<std::uintptr_t> left_out_;  // addresses, and keys
  std::size_t rounds_ = 2;
  std::set<std::string> loops_;
};

// Watches a thread that goes on alone, from where it stands, which is the begin of a round.
class Lonely {
 public:
  // `place`: where it stands.
  Lonely(std::uint32_t thread, std::uint64_t place) : thread_(thread), begin_(place) {}

  std::uint32_t thread() const { return thread_; }
  void begin() { begun_ = true; }
  bool begun() const { return begun_; }

  // It has written this word, not of its own stack, where `before` was.
  void wrote(const std::uintptr_t* word, std::uintptr_t before) { written_.try_emplace(word, before); }
  // It stands there, with so much on its stack, from `high` downwards.
  void stands(std::uint64_t place, const std::vector<std::uint64_t>& parts, const std::uintptr_t* low, const std::uintptr_t* high);

  // How many rounds to watch a thread for that goes round like this: up to the period, and twice that; 0: they have not come to repeat.
  std::size_t rounds() const;
  // Whether its rounds lead there.
  bool comes_to(std::uint64_t place) const { return stands_.contains({place, 0}); }
  // What its rounds changed.
  const Counters& counters() const { return counters_; }

 private:
  struct Stand {
    std::vector<std::uint64_t> parts;
    std::vector<std::uintptr_t> stack;
  };

  std::uint32_t thread_;
  std::uint64_t begin_;
  bool begun_ = false;
  Counters counters_;
  std::unordered_map<const std::uintptr_t*, std::uintptr_t> written_;     // in this round, and what was there before it
  std::map<std::pair<std::uint64_t, std::size_t>, Stand> stands_;         // by place and how often it had been there in the round
  std::unordered_map<std::uint64_t, std::size_t> times_;                  // in this round, by place
  std::uint64_t does_ = 0;                                                // in this round
  std::vector<std::uint64_t> rounds_;                                     // what each did
};

}  // namespace interleave::engine
