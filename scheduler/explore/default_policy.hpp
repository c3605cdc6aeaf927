// The default policy of `explore` and `check`, where neither a strategy nor a limit is given: first the search, because most bodies are small
// enough to be proved; if the search does not end within its budget, the portfolio of samplers. It also draws for a second beside a search that has
// not ended soon (drawn.cpp), unless all failures are asked for. The budget is in processor time: a step costs
// 30 ns in one program and 3 us in another. Where two runs must give the same result, INTERLEAVE_SEARCH_STEPS sets a budget in steps instead. A
// user who wants something else names a strategy or a limit.
#pragma once

#include <functional>

#include <interleave/interleave.hpp>

namespace interleave::engine {

// The budget in seconds of processor time. INTERLEAVE_SEARCH_TIME sets another one; 0: none. With INTERLEAVE_SEARCH_STEPS the budget is in steps
// of all executions together (0: none), and there is one in time only if INTERLEAVE_SEARCH_TIME is set, too.
inline constexpr double search_seconds = 30;

// After so many seconds of processor time executions are drawn beside the search, for so many. INTERLEAVE_DRAW_TIME sets another number for the
// latter; 0: none are drawn. With INTERLEAVE_SEARCH_STEPS none are: what comes of an exploration must not depend on a clock.
inline constexpr double draw_after_seconds = 0.2, draw_seconds = 1;

// Calls `explore` (explore.hpp) once or twice.
Report explore_by_default(const std::function<void()>& body, const Options& options);

}  // namespace interleave::engine
