// What `explore` and `check` do where neither a strategy nor a limit is given: first the search, for most bodies are small enough
// to be proved; where it does not end within its budget, the portfolio of samplers. A budget of steps, not of time: two runs
// come to the same.
//
// Whoever is content with less, or with nothing less than a proof, names a strategy or a limit.
#pragma once

#include <functional>

#include <interleave/interleave.hpp>

namespace interleave::engine {

// Of all executions together: half a minute or so. INTERLEAVE_SEARCH_STEPS sets another one; 0: no budget.
inline constexpr std::uint64_t search_steps = 300'000'000;

// As explore (explorer.hpp), which it calls once or twice.
Report explore_by_default(const std::function<void()>& body, const Options& options);

}  // namespace interleave::engine
