// What `explore` and `check` print about a report before they return it.
#pragma once

#include <interleave/interleave.hpp>

namespace interleave::engine {

// Makes a pass that is not complete a failure of kind "incomplete" if options.require_complete asks for that.
void require_complete(Report& report, const Options& options);

// Prints how far a pass goes and what it rests on, in a line or two on stderr; nothing for another verdict, or for a complete pass with
// INTERLEAVE_QUIET=1.
void say_what_it_rests_on(const Report& report, const Options& options);

// With INTERLEAVE_OUTCOMES=1, prints the outcomes as a table on stderr, if there are any.
void say_outcomes(const Report& report, const Options& options);

}  // namespace interleave::engine
