#include "scheduler/report/said.hpp"

#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "scheduler/api/variables.hpp"
#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/report/outcome_table.hpp"
#include "scheduler/report/report.hpp"

namespace interleave::engine {

void require_complete(Report& report, const Options& options) {
  if (!options.require_complete || report.verdict != Verdict::pass || report.complete) return;
  report.verdict = Verdict::fail;
  Failure failure;
  failure.kind = "incomplete";
  failure.message = "no execution fails, but a complete pass is required (require_complete) and this one is not: " + why_not_complete(report);
  report.failure = std::move(failure);
}

void say_what_it_rests_on(const Report& report, const Options& options) {
  if (report.verdict != Verdict::pass || (report.complete && is_on("INTERLEAVE_QUIET"))) return;
  RenderOptions render;
  render.name = options.name;
  // Executions are independent draws if a sampling strategy was asked for, and not if it has stood in for a search that did not end.
  render.independent = !options.strategy.empty() && options.schedule.empty() && !make_strategy(options.strategy, options.seed)->traits().ends;
  std::fflush(stdout);
  std::fputs(brief_pass_text(report, render).c_str(), stderr);
  std::fflush(stderr);
}

void say_outcomes(const Report& report, const Options& options) {
  if (!is_on("INTERLEAVE_OUTCOMES") || report.outcomes.empty()) return;
  std::fflush(stdout);
  fmt::print(stderr, "interleave: {}  outcomes; INTERLEAVE_SCHEDULE=TOKEN replays one\n{}", options.name, outcome_table(report, "  "));
  std::fflush(stderr);
}

}  // namespace interleave::engine
