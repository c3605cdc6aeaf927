// What `explore` and `check` say of a report before they hand it over.
#pragma once

#include <interleave/interleave.hpp>

namespace interleave::engine {

// Makes a pass that is not complete a failure of kind "incomplete", where a complete one is required.
void require_complete(Report& report, const Options& options);

// Prints what a pass rests on, in a line or two on stderr. INTERLEAVE_QUIET=1: not if it is complete. Of any other verdict: nothing.
void say_what_it_rests_on(const Report& report, const Options& options);

}  // namespace interleave::engine
