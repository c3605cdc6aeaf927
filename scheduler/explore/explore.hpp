// The loop: begin, run, observe, until the strategy is done; then explain what was found.
//
// While exploring, only choices are recorded. A failure is explained by executing its schedule once more with the recorder
// on; the re-execution must end in the same failure, or the program is nondeterministic, which is a finding of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <interleave/interleave.hpp>

namespace interleave::engine {

// After how much the default search gives way to sampling; 0: no such limit.
struct SearchBudget {
  std::uint64_t steps = 0;                       // of all executions together
  std::chrono::duration<double> processor_time{0};
  std::chrono::duration<double> draw_after{0};   // processor time of the search: then executions are drawn beside it (drawn.cpp),
  std::chrono::duration<double> draw_for{0};     // for so much processor time; 0: none are
  bool met = false;                              // set by `explore`: one of them has ended it
};

// `options` as they shall be used: environment applied, name set. An exploration that `budget` has ended is incomplete; null: none.
Report explore(const std::function<void()>& body, const Options& options, SearchBudget* budget);

// The command line of this process, quoted for a shell.
std::string command_line();

// A seed that nobody has used before; never 0.
std::uint64_t fresh_seed();

}  // namespace interleave::engine
