// The loop: begin, run, observe, until the strategy is done; then explain what was found.
//
// While exploring, only choices are recorded. A failure is explained by executing its schedule once more with the recorder
// on; the re-execution must end in the same failure, or the program is nondeterministic, which is a finding of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <interleave/interleave.hpp>

namespace interleave::engine {

// `options` as they shall be used: environment applied, name set. After so many steps of all executions together the exploration is
// incomplete; 0: no limit.
Report explore(const std::function<void()>& body, const Options& options, std::uint64_t steps_in_all);

// The command line of this process, quoted for a shell.
std::string command_line();

// A seed that nobody has used before; never 0.
std::uint64_t fresh_seed();

}  // namespace interleave::engine
