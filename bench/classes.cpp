// Executions per second of the programs with published numbers of equivalence classes, by default settings; at most 20,000 of each.
// Programs of under 500 executions are left out: what they take is the beginning of an exploration, a fifth of a millisecond.
#include <cstdio>
#include <string>

#include <interleave/scenarios/scenario.hpp>

#include "measure.hpp"

void print_classes() {
  std::printf("%-40s %10s %10s %8s %12s %16s %8s\n", "program", "executions", "steps/ex", "threads", "executions/s", "ratio/execution",
              "ratio");
  int small = 0;
  for (const interleave::scenarios::Scenario* scenario : interleave::scenarios::all()) {
    const interleave::scenarios::Definition& program = scenario->definition();
    if (!program.name.starts_with("classes/")) continue;
    if (program.classes != 0 && program.classes < 500) {
      ++small;
      continue;
    }
    interleave::Options options = program.options;
    options.name = program.name;
    options.executions_max = 20'000;
    options.stop_at_first_failure = false;
    const Figures figures = measure(program.body, options, 1);
    std::printf("%-40s %10.0f %10.1f %8zu %12.0f %16.0f %8.1f\n", program.name.c_str(), figures.executions(),
                figures.steps() / figures.executions(), figures.report.threads_most, figures.executions_per_second(),
                figures.switches_per_execution(), figures.switches_per_step());
    std::fflush(stdout);
  }
  std::printf("%d more have under 500 executions\n", small);
}
