#include "transcripts.hpp"

#include <cstdio>

#include <interleave/scenarios/transcript.hpp>

namespace interleave::cli {

bool wants_transcript(Verb verb, const Options& options) { return verb == Verb::stress || options.clock == "virtual"; }

void print_transcript(const Run& run, const scenarios::Definition& scenario, Options options) {
  options.executions_max = 1;
  scenarios::print_transcripts(true);
  run(scenario.body, options);
  scenarios::print_transcripts(false);
  std::fflush(stdout);
}

}  // namespace interleave::cli
