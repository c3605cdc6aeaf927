#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <interleave/interleave.hpp>
#include "scheduler/execution/execution.hpp"

namespace interleave::engine {

// The counts of an exploration. Two of them can be merged: the order of executions does not matter.
struct Tally {
  std::uint64_t executions = 0, redundant = 0, cut = 0, failing = 0, rounds = 0;
  std::uint64_t steps = 0, steps_longest = 0;
  std::size_t threads_most = 0;
  std::uint64_t undecided = 0;       // executions that came back to where they had been, with no proof that they go round for ever
  std::uint64_t missing_writes = 0;  // executions that ended with a thread waiting for a plain write
  std::map<std::string, std::uint64_t> outcomes;
  std::map<std::string, std::string> witnesses;  // tokens, by outcome

  // The steps and threads of an execution that has ended. They count whatever becomes of it.
  void add_work(const Execution& execution);
  // The execution is one of its own. Its outcome counts. True: no execution before it had that outcome.
  bool add_execution(const Execution& execution);
  void merge(const Tally& other);
  void tell(Report& report) const;
};

}  // namespace interleave::engine
