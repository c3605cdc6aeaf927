#include "scheduler/report/said.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "scheduler/api/variables.hpp"
#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/report/annotation.hpp"
#include "scheduler/report/outcome_table.hpp"
#include "scheduler/report/report.hpp"
#include "scheduler/report/trace_graph.hpp"

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

void say_annotation(const Report& report, const Options& options, const std::string& replay) {
  const auto value_of = [](const char* variable) {
    const char* value = std::getenv(variable);
    return std::string_view(value == nullptr ? "" : value);
  };
  if (!report.failure || (value_of("GITHUB_ACTIONS") != "true" && value_of("GITHUB_ACTIONS") != "1")) return;
  const CodePlace* place = place_of(*report.failure);
  std::string_view file = place == nullptr ? std::string_view() : std::string_view(place->file);
  char here[4096];
  std::string root(value_of("GITHUB_WORKSPACE"));
  if (root.empty() && ::getcwd(here, sizeof here) != nullptr) root = here;
  if (!root.ends_with('/')) root += '/';
  if (file.starts_with(root)) file.remove_prefix(root.size());
  std::fflush(stdout);
  std::fputs(annotation(file, place == nullptr ? 0 : place->line, fmt::format("{}: {}", options.name, report.failure->kind),
                        report.failure->message + (replay.empty() ? "" : "\n" + replay)).c_str(), stderr);
}

}  // namespace interleave::engine
