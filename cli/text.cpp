// What a person reads: of one scenario everything, of several a table with what needs attention below it.
#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "table.hpp"
#include "terminal.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

std::string_view explored_by(scenarios::Effort effort) {
  switch (effort) {
    case scenarios::Effort::search: return "search";
    case scenarios::Effort::search_reduced: return "reducing search";
    case scenarios::Effort::bounded: return "bounded search";
    case scenarios::Effort::sample: return "sample";
  }
  return "?";
}

std::string expected(const scenarios::Definition& scenario) {
  const auto verdict = name_of(scenario.expect);
  return scenario.failure_kind.empty() ? std::string(verdict) : fmt::format("{}: {}", verdict, scenario.failure_kind);
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

std::string_view what_came_of_it(const Report& report) {
  if (report.failure) return "reproduced\n";
  return report.cut > 0 ? "not reproduced: this execution was cut before it failed or ended; give it more --steps\n"
                        : "not reproduced: this execution does not fail\n";
}

// "3 deadlock, 1 require".
std::string kinds_of(const std::vector<Result>& results) {
  std::map<std::string, std::size_t> kinds;
  for (const Result& result : results)
    if (result.as_expected && result.report.failure) ++kinds[result.report.failure->kind];
  std::vector<std::pair<std::string, std::size_t>> list(kinds.begin(), kinds.end());
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [kind, count] : list) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  return text;
}

class Text final : public Writer {
 public:
  void list(const Selection& scenarios) override {
    std::size_t name = 8, verdict = 8;
    for (const auto* scenario : scenarios) {
      name = std::max(name, scenario->name.size());
      verdict = std::max(verdict, expected(*scenario).size());
    }
    print(fmt::format("{:<{}}  {:<{}}  {:<15}  {}\n", "scenario", name, "expected", verdict, "explored by", "what it shows"));
    for (const auto* scenario : scenarios) {
      print(fmt::format("{:<{}}  {:<{}}  {:<15}  {}\n", scenario->name, name, expected(*scenario), verdict,
                        explored_by(scenario->effort), scenario->summary));
    }
  }

  void begin(const Plan& plan) override {
    Writer::begin(plan);
    if (plan.tabular()) print(table().heading());
  }

  void result(const Result& result) override {
    results_.push_back(result);
    if (plan().tabular()) print(table().row(result));
  }

  void end(bool finished) override {
    if (finished)
      for (const auto* scenario : plan().not_run) print(table().row_not_run(*scenario));
    if (plan().tabular()) {
      print(below_the_table());
    } else if (!results_.empty()) {
      print(plan().verb == Verb::replay ? one_execution(results_.front()) : one_in_full(results_.front()));
    }
    if (!finished) print(fmt::format("\nInterrupted: {} of {} scenarios were not run to their end\n", plan().run.size() - results_.size(), plan().run.size()));
  }

 private:
  Table table() const { return {plan().run, wants_color(plan().settings.color)}; }

  std::string text_of(const Result& result) const { return report_text(result.report, rendered(plan(), *result.scenario)); }

  std::string one_in_full(const Result& result) const {
    std::string text = "\n" + text_of(result) + "\n";
    if (result.report.failure) text += coverage(result.report);
    return text + expectation(result);
  }

  std::string one_execution(const Result& result) const {
    return fmt::format("\n{}\n{}", text_of(result), what_came_of_it(result.report));
  }

  // The commands that replay the failures; or the first of them, if a file has all.
  std::string ways_back_of_all() const {
    std::string all, first;
    for (const Result& result : results_) {
      const std::string command = replay_command(plan(), result);
      if (command.empty()) continue;
      if (first.empty()) first = command;
      all += fmt::format("  {}\n", command);
    }
    if (all.empty()) return "";
    for (const Wanted& wanted : plan().outputs)
      if (wanted.format == "--tokens") return fmt::format("\nTo see a failure step by step, for example:\n  {}\n", first);
    return fmt::format("\nThe shortest failing schedule of each scenario that fails:\n{}", all);
  }

  std::string below_the_table() const {
    std::string text, bounds, unseen;
    for (const Result& result : results_)
      if (reached_its_bound(*result.scenario, result.report)) bounds += fmt::format("  {}: {}\n", result.scenario->name, result.report.covered);
    if (!bounds.empty()) text += fmt::format("\nSearched up to the bound that the scenario declares, and no further:\n{}", bounds);
    for (const Result& result : results_)
      if (const std::string what = what_was_not_seen(result.report); !what.empty() && result.report.verdict == Verdict::pass)
        unseen += fmt::format("  {}: {}\n", result.scenario->name, what);
    if (!unseen.empty()) text += fmt::format("\nNot complete, because not all that happened was seen or counts:\n{}", unseen);
    text += ways_back_of_all();
    for (const Result& result : results_) {
      if (result.difference.empty()) continue;
      text += fmt::format("\n{}: {}", result.scenario->name, expectation(result));
      if (!result.as_expected) text += text_of(result);
    }
    return text + "\n" + summary(results_, plan().not_run.size()) + what_it_means() + files();
  }

  // In a few lines, what a reader who has not seen such a table before may take from it.
  std::string what_it_means() const {
    std::size_t proved = 0, bounded = 0, failing = 0, other = 0;
    for (const Result& result : results_) {
      if (!result.as_expected) continue;
      if (result.report.failure) ++failing;
      else if (result.report.complete) ++proved;
      else if (reached_its_bound(*result.scenario, result.report)) ++bounded;
      else ++other;
    }
    std::string text;
    if (proved > 0) text += fmt::format("  {} proved: no schedule fails\n", proved);
    if (bounded > 0) text += fmt::format("  {} searched up to a bound: no schedule within it fails\n", bounded);
    if (other > 0) text += fmt::format("  {} searched or sampled in part: none of the schedules that were executed fails\n", other);
    if (failing > 0) text += fmt::format("  {} with a bug that they are meant to show, and a schedule that shows it: {}\n", failing, kinds_of(results_));
    return text;
  }

  std::string files() const {
    std::string text;
    for (const Wanted& wanted : plan().outputs)
      if (const Format& format = format_of(wanted.format); !wanted.file.empty() && *format.in_summary != '\0')
        text += fmt::format("{}: {}\n", format.in_summary, wanted.file);
    return text;
  }

  std::vector<Result> results_;
};

}  // namespace

std::unique_ptr<Writer> open_text(const std::string&) { return std::make_unique<Text>(); }

}  // namespace interleave::cli
