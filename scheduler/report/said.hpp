// What `explore` and `check` print about a report before they return it.
#pragma once

#include <string>

#include <interleave/interleave.hpp>

namespace interleave::engine {

// Makes a pass that is not complete a failure of kind "incomplete" if options.require_complete asks for that.
void require_complete(Report& report, const Options& options);

// Prints how far a pass goes and what it rests on, in a line or two on stderr; nothing for another verdict, or for a complete pass with
// INTERLEAVE_QUIET=1.
void say_what_it_rests_on(const Report& report, const Options& options);

// With INTERLEAVE_OUTCOMES=1, prints the outcomes as a table on stderr, if there are any.
void say_outcomes(const Report& report, const Options& options);

// Under GITHUB_ACTIONS=true, prints an annotation of the failure on stderr, where the workflow finds it. `replay`: the command that replays it, or empty.
void say_annotation(const Report& report, const Options& options, const std::string& replay);

}  // namespace interleave::engine
