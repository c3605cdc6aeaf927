#include "campaign.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scheduler/report/report.hpp"

#include "json.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "transcripts.hpp"

namespace interleave::cli {
namespace {

RenderOptions render(const Request& request, const Campaign& campaign, const scenarios::Definition& scenario) {
  RenderOptions options = ways_back(scenario.name, request.settings);
  if (!campaign.replayable) options.replay_prefix = options.seed_prefix = "";
  options.independent = campaign.independent;
  return options;
}

// What a failing report leaves out: how much was explored beside the failure, and the outcomes.
std::string coverage(const Report& report) {
  std::string text = fmt::format("  explored {}{} execution{}, {} of them failing\n", report.complete ? "all " : "",
                                 report.executions, report.executions == 1 ? "" : "s", report.failing);
  for (const auto& [outcome, count] : report.outcomes) text += fmt::format("  outcome  \"{}\" ({})\n", outcome, count);
  return text;
}

std::string expectation(const Result& result) {
  const auto& scenario = *result.scenario;
  if (!result.as_expected) return fmt::format("NOT AS EXPECTED: {}\n", result.difference);
  if (result.status != ExitStatus::expected) return fmt::format("AS EXPECTED SO FAR: {}\n", result.difference);
  const bool found = result.report.verdict == scenario.expect;
  if (scenario.expect != Verdict::fail)
    return fmt::format("as expected: {} is declared to {}{}\n", scenario.name, scenario.expect == Verdict::pass ? "pass" : "be out of reach",
                       reached_its_bound(scenario, result.report) ? ", up to this bound" : "");
  return fmt::format("{}: {} is declared to fail{}{}\n", found ? "as expected" : "nothing found", scenario.name,
                     scenario.failure_kind.empty() ? "" : " with ", scenario.failure_kind);
}

std::string one_in_full(const Request& request, const Campaign& campaign, const Result& result) {
  std::string text = "\n" + report_text(result.report, render(request, campaign, *result.scenario)) + "\n";
  if (result.report.failure) text += coverage(result.report);
  return text + expectation(result);
}

std::string below_the_table(const Request& request, const Campaign& campaign, const std::vector<Result>& results) {
  std::string text = "\n" + summary(results, campaign.not_run.size());
  std::string tokens;
  for (const Result& result : results) {
    if (!campaign.replayable || !result.report.failure || result.report.failure->schedule.empty()) continue;
    tokens += fmt::format("  {}{}\n", render(request, campaign, *result.scenario).replay_prefix, result.report.failure->schedule);
  }
  std::string bounds;
  for (const Result& result : results)
    if (reached_its_bound(*result.scenario, result.report)) bounds += fmt::format("  {}: {}\n", result.scenario->name, result.report.covered);
  if (!bounds.empty()) text += fmt::format("\nSearched up to the bound that the scenario declares, and no further:\n{}", bounds);
  std::string unseen;
  for (const Result& result : results)
    if (const std::string what = what_was_not_seen(result.report); !what.empty() && result.report.verdict == Verdict::pass)
      unseen += fmt::format("  {}: {}\n", result.scenario->name, what);
  if (!unseen.empty()) text += fmt::format("\nNot complete, because not all that happened was seen or counts:\n{}", unseen);
  if (!tokens.empty()) text += fmt::format("\nThe shortest failing schedule of each scenario that fails:\n{}", tokens);
  for (const Result& result : results) {
    if (result.difference.empty()) continue;
    text += fmt::format("\n{}: {}", result.scenario->name, expectation(result));
    if (!result.as_expected) text += report_text(result.report, render(request, campaign, *result.scenario));
  }
  return text;
}

}  // namespace

std::string first_line(std::string_view verb, std::string_view strategy, std::uint64_t seed) {
  return fmt::format("interleave {}  {}  strategy {}  seed {}\n", INTERLEAVE_VERSION, verb, strategy, seed);
}

ExitStatus carry_out(const Request& request, const Campaign& campaign) {
  std::optional<ReservedStdout> document;
  if (request.json) document.emplace();
  const bool tabular = campaign.run.size() != 1 || !campaign.not_run.empty();
  const Table table(campaign.run, wants_color(request.settings.color));
  print(first_line(request.verb_name, campaign.strategy, campaign.seed));
  if (tabular && !request.json) print(table.heading());

  std::vector<Result> results;
  ExitStatus status = ExitStatus::expected;
  {
    Progress progress(campaign.run.size());
    for (const auto* scenario : campaign.run) {
      progress.begin(scenario->name);
      const Options options = campaign.options(*scenario);
      if (!tabular && !request.json && wants_transcript(request.verb, options))
        print_transcript([&](const auto& body, const Options& once) { campaign.explore(body, once); }, *scenario, options);
      results.push_back(judged(*scenario, campaign.explore(scenario->body, options), campaign.goal));
      progress.clear();
      status = worse(status, results.back().status);
      if (tabular && !request.json) print(table.row(results.back()));
    }
  }
  if (request.json) {
    document->write(json_of_results(results, campaign.not_run));
    return status;
  }
  for (const auto* scenario : campaign.not_run) print(table.row_not_run(*scenario));
  print(tabular ? below_the_table(request, campaign, results) : one_in_full(request, campaign, results.front()));
  return status;
}

}  // namespace interleave::cli
