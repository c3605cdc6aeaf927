// The default policy of `explore` and `check`, where neither a strategy nor a limit is given: first the search, because most bodies are small
// enough to be proved; if the search does not end within its budget, the portfolio of samplers. The budget is in steps, not in time, so two
// runs give the same result. A user who wants something else names a strategy or a limit.
#pragma once

#include <functional>

#include <interleave/interleave.hpp>

namespace interleave::engine {

// The budget in steps of all executions together, about half a minute. INTERLEAVE_SEARCH_STEPS sets another one; 0: no budget.
inline constexpr std::uint64_t search_steps = 300'000'000;

// Calls `explore` (explore.hpp) once or twice.
Report explore_by_default(const std::function<void()>& body, const Options& options);

}  // namespace interleave::engine
