// Shrinking: from the failing schedule that was found to one that a person can read. It has the fewest preemptions, and of the schedules with so
// many the fewest steps, with which the program still fails in the same way.
//
//     found      0 0 1 2 1 0 2 2 1 0 1 ...    511 steps, 201 preemptions
//       |  1. blocks of steps are left out, merged and prolonged, as long as the program fails in the same way and the schedule becomes
//       |     smaller ("Simplifying and Isolating Failure-Inducing Input", Zeller and Hildebrandt, TSE'02)
//       |  2. every schedule with no preemption, then with one, ... is executed ("Iterative Context Bounding for Systematic Testing of
//       |     Multithreaded Programs", Musuvathi and Qadeer, PLDI'07): where that comes to its end, fewer do not suffice
//       |  3. where it does not, schedules with fewer preemptions are drawn; if one of them fails, on from 1
//       |  4. every schedule with that many preemptions and fewer steps is executed
//       v
//     shrunk     0 0 1 1 1 2 2 ...             27 steps, 2 preemptions
//
// A preemption is a switch away from a thread that could have gone on (strategies/preemptions.cpp). All of it is executed, nothing is guessed. What
// it does depends on the program alone, unless the clock ends it.
//
// Within 2 and 4 a schedule is left out if it is equivalent so far to one that was executed: the same steps in another order of independent
// ones, the same thread that made the last step, and no fewer preemptions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "scheduler/model/strategy.hpp"

namespace interleave::engine {

class Shrink {
 public:
  struct Executed {
    bool alike = false;        // it fails in the same way as the schedule that was found
    bool goes_on = true;       // false: nothing more may be executed in this process
    bool cut = false;          // at steps_max
    std::uint64_t steps = 0;
  };
  // Executes once, by a strategy that has been begun.
  using Execute = std::function<Executed(Strategy& strategy, std::uint64_t steps_max)>;

  struct Limits {
    std::uint64_t executions = 20'000, steps = 2'000'000;
    std::chrono::nanoseconds processor_time = std::chrono::seconds(2);
    std::chrono::steady_clock::time_point time = std::chrono::steady_clock::time_point::max();
    std::uint64_t steps_max = 0;        // of one execution; 0: no limit
    bool merges_equivalent = true;      // whether the failure is the same in equivalent executions
  };

  Shrink(Execute execute, const Limits& limits);

  // Shrinks the schedule with these choices. True: if what is left is smaller, the execution made last was that of the schedule that is left. False:
  // a schedule did not fail in the same way when it was executed again, and nothing is known.
  bool run(const std::vector<std::uint32_t>& choices);

  // The sizes of a schedule.
  struct Size {
    std::uint64_t preemptions = 0, steps = 0;
    auto operator<=>(const Size&) const = default;
  };
  Size found() const { return found_; }
  Size left() const { return best_.size; }
  bool fewest_preemptions() const { return fewest_preemptions_; }  // proved: every schedule with fewer preemptions was executed, and none fails in the same way
  bool fewest_steps() const { return fewest_steps_; }              // proved: so was every schedule with as many preemptions and fewer steps
  std::uint64_t executions() const { return executions_; }
  const std::string& ended_by() const { return ended_by_; }        // why not more is known; empty: it came to its end

  // One step, without regard to who else could have made it.
  struct Move {
    std::uint32_t thread, variant;
    bool preempts;              // the thread of the step before could have gone on
  };
  // Steps of one thread in a row.
  struct Block {
    std::uint32_t thread;
    std::uint64_t until;        // the thread has made so many steps in all; or it cannot go on
  };
  using Plan = std::vector<Block>;

 private:
  struct Known {
    Size size;
    std::vector<Move> moves;
    Plan plan;
  };
  enum class Otherwise : std::uint8_t { lowest, highest };

  // Begins a part of the work, which may take so many executions.
  void begin_part(std::uint64_t executions_most) { part_ends_ = executions_ + executions_most; }
  bool may_go_on();
  bool execute(Strategy& strategy, std::uint64_t steps_max, Executed& executed);
  bool attempt(const Plan& plan, Otherwise otherwise = Otherwise::lowest);
  void keep(const std::vector<Move>& moves, Size size);
  void simplify();
  bool leave_out();
  bool prolong();
  bool merge();
  struct Searched {
    bool whole = false;         // to its end
    bool found = false;         // a smaller schedule
    bool too_long = false;      // executions were left out that might have failed in the same way, with more steps
  };
  Searched search(std::uint64_t preemptions, std::uint64_t steps_most);
  void bound();
  bool draw();
  void shorten();
  bool again();
  std::uint64_t length_most() const;

  Execute execute_;
  Limits limits_;
  Size found_;
  Known best_;
  std::unordered_set<std::uint64_t> attempted_;  // hashes of plans
  std::uint64_t executions_ = 0, steps_ = 0, part_ends_ = 0;
  std::chrono::nanoseconds began_;               // processor time
  std::uint64_t bounds_ = 0;                     // every schedule with fewer preemptions than so many was executed
  bool bounds_too_large_ = false;                // the schedules with bounds_ preemptions are too many
  bool too_long_ = false;                        // some of those were left out, because they became much longer
  bool shortened_ = false;
  bool fewest_preemptions_ = false, fewest_steps_ = false;
  std::string ended_by_;
};

}  // namespace interleave::engine
