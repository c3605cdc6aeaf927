#include "table.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace interleave::cli {
namespace {

// Ten columns; the last, "as expected", may be coloured and is appended.
constexpr std::string_view row_format = "{:<{}}  {:<10}  {:<10}  {:<{}}  {:<8}  {:>10}  {:>6}  {:>7}  {:>8}  {:>8}  ";

std::string painted(std::string_view text, std::string_view code, bool color) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string seconds_of(double seconds) { return fmt::format("{:.{}f} s", seconds, seconds < 100 ? 2 : 0); }

}  // namespace

Table::Table(const Selection& scenarios, bool color) : scenario_width_(8), kind_width_(14), color_(color) {
  for (const auto* scenario : scenarios) {
    scenario_width_ = std::max(scenario_width_, scenario->name.size());
    kind_width_ = std::max(kind_width_, scenario->failure_kind.size());
  }
}

std::string Table::heading() const {
  const auto text = fmt::format(row_format, "scenario", scenario_width_, "expected", "found", "failure kind", kind_width_, "complete",
                                "executions", "cut", "longest", "outcomes", "time");
  return painted(text + "as expected", "2", color_) + "\n";
}

std::string Table::row(const Result& result) const {
  const Report& report = result.report;
  const auto text = fmt::format(row_format, result.scenario->name, scenario_width_, name_of(result.scenario->expect),
                                name_of(report.verdict), report.failure ? report.failure->kind : "-", kind_width_,
                                report.complete ? "yes" : reached_its_bound(*result.scenario, report) && what_was_not_seen(report).empty() ? "bounded" : "no", report.executions, report.cut, report.steps_longest,
                                report.outcomes.size(), seconds_of(report.seconds));
  return text + (result.as_expected ? painted("yes", "1;32", color_) : painted("NO", "1;31", color_)) + "\n";
}

std::string Table::row_not_run(const scenarios::Definition& scenario) const {
  return fmt::format("{:<{}}  {:<10}  {}\n", scenario.name, scenario_width_, name_of(scenario.expect),
                     painted(needs(scenario), "2", color_));
}

std::string summary(const std::vector<Result>& results, std::size_t not_run) {
  double seconds = 0;
  for (const auto& result : results) seconds += result.report.seconds;
  const auto good = std::count_if(results.begin(), results.end(), [](const Result& result) { return result.as_expected; });
  return fmt::format("{} scenarios run: {} as expected, {} not{}; {}\n", results.size(), good,
                     static_cast<std::ptrdiff_t>(results.size()) - good,
                     not_run == 0 ? "" : fmt::format("; {} not run", not_run), seconds_of(seconds));
}

}  // namespace interleave::cli
