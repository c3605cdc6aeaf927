#include "result.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"

namespace interleave::cli {
namespace {

struct Difference {
  ExitStatus  status = ExitStatus::expected;
  bool        as_expected = true;
  std::string sentence;
};

Difference differs(std::string sentence) { return {ExitStatus::differs, false, std::move(sentence)}; }

Difference incomplete(const Report& report, bool as_expected) {
  if (!report.covered.empty())
    return {ExitStatus::incomplete, as_expected, fmt::format("the search is not complete: it covered {}", report.covered)};
  const auto& reason = report.incomplete_reason;
  return {ExitStatus::incomplete, as_expected,
          fmt::format("the search is not complete{}{}; raise the limit", reason.empty() ? "" : ": ", reason)};
}

Difference of_failure(const scenarios::Definition& scenario, const Failure& failure) {
  const FailureKind kind = kind_of(failure.kind);
  const bool found = !is_uncontrolled(kind) && kind != FailureKind::incomplete;  // incomplete: no schedule fails
  const bool right_kind = scenario.failure_kind.empty() ? found : failure.kind == scenario.failure_kind;
  if (scenario.expect == Verdict::fail && right_kind) return {};
  auto sentence = scenario.expect == Verdict::fail
                      ? fmt::format("it fails with {} instead of {}", failure.kind, scenario.failure_kind)
                      : fmt::format("it fails ({}) and is declared to {}", failure.kind,
                                    scenario.expect == Verdict::pass ? "pass" : "be out of reach");
  if (is_uncontrolled(kind)) return {ExitStatus::uncontrolled, false, std::move(sentence)};
  return differs(std::move(sentence));
}

Difference of_verdict(const scenarios::Definition& scenario, const Report& report, Goal goal) {
  if (report.failure) return of_failure(scenario, *report.failure);
  if (scenario.expect == Verdict::incomplete)
    return report.complete ? differs("it was searched to the end and is declared to be out of reach") : Difference{};
  if (report.verdict == Verdict::incomplete) return incomplete(report, false);
  if (scenario.expect == Verdict::fail && (report.complete || report.whole))
    return differs(fmt::format("no schedule fails, and it is declared to fail with {}", scenario.failure_kind));
  if (goal != Goal::budget && !report.complete && !reached_its_bound(scenario, report) && !passes_but_for_what_was_not_seen(report))
    return incomplete(report, scenario.expect == Verdict::pass);
  return {};
}

// Outcomes found and not declared; or, after a complete run, declared and not found.
Difference of_outcomes(const scenarios::Definition& scenario, const Report& report) {
  const auto& declared = scenario.outcomes;
  if (declared.empty()) return {};
  for (const auto& [found, count] : report.outcomes) {
    if (std::find(declared.begin(), declared.end(), found) == declared.end())
      return differs(fmt::format("the outcome \"{}\" is not declared ({} executions)", found, count));
  }
  for (const auto& outcome : declared) {
    if (report.complete && !report.outcomes.contains(outcome))
      return differs(fmt::format("no schedule reaches the declared outcome \"{}\"", outcome));
  }
  return {};
}

}  // namespace

bool reached_its_bound(const scenarios::Definition& scenario, const Report& report) {
  const std::string& declared = scenario.options.strategy;
  return scenario.effort == scenarios::Effort::bounded && report.verdict == Verdict::pass && !report.covered.empty() &&
         (declared.empty() || report.strategy == declared);
}

bool passes_but_for_what_was_not_seen(const Report& report) {
  return report.verdict == Verdict::pass && report.whole && !report.complete;
}

std::string what_was_not_seen(const Report& report) {
  std::string text;
  for (const std::string& each : report.unseen) text += (text.empty() ? "" : "; ") + each;
  for (const Suppression& each : report.suppressions)
    if (each.count > 0) text += fmt::format("{}suppressed by {}: {}", text.empty() ? "" : "; ", each.pattern, each.count);
  return text;
}

Result judged(const scenarios::Definition& scenario, Report report, Goal goal) {
  Difference difference = of_verdict(scenario, report, goal);
  if (difference.status == ExitStatus::expected || difference.status == ExitStatus::incomplete) {
    if (auto other = of_outcomes(scenario, report); other.status != ExitStatus::expected) difference = std::move(other);
  }
  // A failure that was to be found does not make the rest of the search superfluous.
  const bool goal_missed = goal == Goal::whole && !report.complete && !passes_but_for_what_was_not_seen(report) && !reached_its_bound(scenario, report) &&
                           scenario.expect != Verdict::incomplete;
  if (difference.status == ExitStatus::expected && goal_missed) difference = incomplete(report, true);
  return {.scenario = &scenario, .report = std::move(report), .as_expected = difference.as_expected,
          .difference = std::move(difference.sentence), .status = difference.status};
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "pass";
    case Verdict::fail: return "fail";
    case Verdict::incomplete: return "incomplete";
  }
  return "?";
}

std::string_view needs(const scenarios::Definition& scenario) {
  return scenario.effort == scenarios::Effort::bounded ? "is searched within its own bound" : "needs a reducing search";
}

}  // namespace interleave::cli
