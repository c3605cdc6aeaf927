#include "json.hpp"

#include <nlohmann/json.hpp>

namespace interleave::cli {
namespace {

using Json = nlohmann::ordered_json;

// What a program says need not be UTF-8; the document is.
std::string text_of(const Json& document) { return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json document() { return {{"schema", 1}, {"version", INTERLEAVE_VERSION}}; }

std::string_view effort_of(const scenarios::Definition& scenario) {
  switch (scenario.effort) {
    case scenarios::Effort::search:
    case scenarios::Effort::search_reduced: return "search";
    case scenarios::Effort::bounded: return "bounded";
    case scenarios::Effort::sample: return "sample";
  }
  return "?";
}

Json json_of(const scenarios::Definition& scenario) {
  return {{"name", scenario.name},
          {"summary", scenario.summary},
          {"expected", name_of(scenario.expect)},
          {"failure_kind", scenario.failure_kind},
          {"outcomes", scenario.outcomes},
          {"explore", effort_of(scenario)},
          {"needs_reduction", scenario.effort == scenarios::Effort::search_reduced},
          {"hangs", scenario.hangs},
          {"canary", scenario.canary}};
}

Json json_of(const ThreadState& thread) {
  return {{"name", thread.name},         {"state", thread.state},   {"operation", thread.operation}, {"object", thread.object},
          {"location", thread.location}, {"holder", thread.holder}, {"daemon", thread.daemon}};
}

Json json_of(const TraceEvent& event) {
  return {{"step", event.step},
          {"thread", event.thread},
          {"operation", event.operation},
          {"object", event.object},
          {"location", event.location}};
}

Json json_of(const Suppression& suppression) { return {{"pattern", suppression.pattern}, {"count", suppression.count}}; }

Json json_of(const Result& result);

template <class T>
Json array_of(const std::vector<T>& list) {
  Json array = Json::array();
  for (const auto& item : list) array.push_back(json_of(item));
  return array;
}

Json json_of(const Failure& failure) {
  return {{"kind", failure.kind},
          {"message", failure.message},
          {"step", failure.step},
          {"schedule", failure.schedule},
          {"seed", failure.seed},
          {"threads", array_of(failure.threads)},
          {"trace", array_of(failure.trace)}};
}

Json json_of(const Result& result) {
  const Report& report = result.report;
  // With the failure's seed goes the strategy as it was resolved by then.
  const bool resolved = report.failure && !report.failure->strategy.empty();
  Json outcomes = Json::object();
  for (const auto& [outcome, count] : report.outcomes) outcomes[outcome] = count;
  return {{"scenario", result.scenario->name},
          {"strategy", resolved ? report.failure->strategy : report.strategy},
          {"seed", report.seed},
          {"expected", name_of(result.scenario->expect)},
          {"verdict", name_of(report.verdict)},
          {"as_expected", result.as_expected},
          {"complete", report.complete},
          {"executions", report.executions},
          {"redundant", report.redundant},
          {"cut", report.cut},
          {"failing", report.failing},
          {"steps", report.steps},
          {"steps_longest", report.steps_longest},
          {"threads_most", report.threads_most},
          {"seconds", report.seconds},
          {"outcomes", std::move(outcomes)},
          {"failure", report.failure ? json_of(*report.failure) : Json()},
          {"covered", report.covered},
          {"incomplete_reason", report.incomplete_reason},
          {"assumed", report.assumed},
          {"unseen", report.unseen},
          {"trusted", report.trusted},
          {"suppressions", array_of(report.suppressions)}};
}

}  // namespace

std::string json_of_list(const Selection& scenarios) {
  Json list = document();
  list["scenarios"] = Json::array();
  for (const auto* scenario : scenarios) list["scenarios"].push_back(json_of(*scenario));
  return text_of(list);
}

std::string json_of_results(const std::vector<Result>& results, const Selection& not_run) {
  Json all = document();
  all["results"] = array_of(results);
  all["not_run"] = Json::array();
  for (const auto* scenario : not_run)
    all["not_run"].push_back({{"scenario", scenario->name}, {"reason", needs(*scenario)}});
  return text_of(all);
}

}  // namespace interleave::cli
