// Whether an execution that has come back to an earlier state can still come to an end, or goes round for ever: is the non-progress cycle escapable?
//
// A program whose threads wait for each other politely (each gives way as long as another wants to pass) can go round for ever if
// they do so in step, and in every real schedule they will be out of step sooner or later. std::lock is such a program. A program is
// called a *livelock* here only if no schedule leads from that state to an end; that one unlucky schedule goes round is not enough. ("Fair
// Stateless Model Checking", Musuvathi and Qadeer, PLDI'08, calls both so: an endless execution that starves nobody.)
//
// First a few random walks start from that state: each is fair with probability one, and one walk that ends answers the question. If none ends,
// every reachable state is visited once (state_hasher.hpp): if none of them is an end, that is a proof. The report of a livelock shows a fair
// lap: the threads step in turn until the state and the turn are what they were.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_set>
#include <vector>

#include "scheduler/model/strategy.hpp"

namespace interleave::engine {

class CycleAnalysis {
 public:
  enum class Answer { ends, never, unknown };  // unknown: more than we are willing to visit

  // Executes once, with states kept, at most so many steps, and without threads that wait by spinning from the `after`th on. Always
  // with the same Execution, whose address is on the stacks of its threads: or there would be other states.
  using Execute = std::function<Ending(Strategy& strategy, std::uint64_t after, std::uint64_t steps_max)>;

  // The answer for the execution with these choices, which made `steps` steps.
  Answer classify(const std::vector<std::uint32_t>& choices, std::uint64_t steps, const Execute& execute);

  // Executes these choices again and then one lap; threads that spin are threads like others there. REQUIRES: classify() answered `never`.
  void exhibit(const std::vector<std::uint32_t>& choices, std::uint64_t steps, const Execute& execute);

 private:
  using StateSet = std::unordered_set<StateHash, StateHash::Hash>;
  Answer walk(const std::vector<std::uint32_t>& choices, std::uint64_t steps, std::uint64_t seed, const Execute& execute);
  Answer visit_all(const std::vector<std::uint32_t>& choices, std::uint64_t steps, const Execute& execute);

  StateSet ends_, never_;    // from which some schedule is known to lead to an end, or none
  std::size_t given_up_ = 0;
};

}  // namespace interleave::engine
