// The article's programs can say what they do ("lock acquired by Thread-2"), as its own listings show. One execution of a
// scenario that was asked for by name is run for that, apart from those that count: printing allocates, and so an execution
// that prints is not quite the execution that does not.
#pragma once

#include <functional>

#include <interleave/interleave.hpp>
#include <interleave/scenarios/scenario.hpp>

#include "command_line.hpp"

namespace interleave::cli {

// On real threads, and under the virtual clock: only there is the order of events one that a person would see.
bool wants_transcript(Verb verb, const Options& options);

using Run = std::function<void(const std::function<void()>& body, const Options& options)>;

// Runs the scenario with its transcript switched on. One execution may be done several times, to begin anew or to be explained when it
// fails; the reader sees it once.
void print_transcript(const Run& run, const scenarios::Definition& scenario, Options options);

}  // namespace interleave::cli
