#include "scheduler/explore/default_policy.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "scheduler/api/environment.hpp"
#include "scheduler/explore/explore.hpp"
#include "scheduler/report/report.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine {
namespace {

constexpr std::uint64_t sample_executions = 10'000;

const char* value_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? nullptr : value;
}

SearchBudget budget() {
  SearchBudget budget{.processor_time = std::chrono::duration<double>(search_seconds), .draw_after = std::chrono::duration<double>(draw_after_seconds),
                      .draw_for = std::chrono::duration<double>(draw_seconds)};
  if (const char* time = value_of("INTERLEAVE_DRAW_TIME")) budget.draw_for = parse_duration(time, "INTERLEAVE_DRAW_TIME");
  // Nothing depends on a clock then.
  if (const char* steps = value_of("INTERLEAVE_SEARCH_STEPS")) budget = {.steps = parse_number(steps, "INTERLEAVE_SEARCH_STEPS")};
  if (const char* time = value_of("INTERLEAVE_SEARCH_TIME")) budget.processor_time = parse_duration(time, "INTERLEAVE_SEARCH_TIME");
  return budget;
}

std::string text_of(const SearchBudget& budget, const Report& search) {
  if (budget.steps != 0 && search.steps >= budget.steps) return fmt::format("{} steps", grouped(budget.steps));
  return fmt::format("{} s of processor time", budget.processor_time.count());
}

void merge(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& each : more)
    if (std::find(list.begin(), list.end(), each) == list.end()) list.push_back(each);
}

// `report` is of the sampling; what the search before it did counts as well.
void add(Report& report, const Report& search) {
  report.executions += search.executions;
  report.redundant += search.redundant;
  report.cut += search.cut;
  report.steps += search.steps;
  report.steps_longest = std::max(report.steps_longest, search.steps_longest);
  report.threads_most = std::max(report.threads_most, search.threads_most);
  report.seconds += search.seconds;
  for (const auto& [value, count] : search.outcomes) report.outcomes[value] += count;
  report.complete = report.whole = false;
  report.estimate = search.estimate;
  report.witnesses.insert(search.witnesses.begin(), search.witnesses.end());
  report.drawn_executions = search.drawn_executions;
  report.drawn_seed = search.drawn_seed;
  merge(report.unseen, search.unseen);
  merge(report.trusted, search.trusted);
  for (std::size_t i = 0; i < std::min(report.suppressions.size(), search.suppressions.size()); ++i)
    report.suppressions[i].count = std::max(report.suppressions[i].count, search.suppressions[i].count);  // mostly the same findings
  if (search.cut > 0 && report.verdict == Verdict::pass) {
    report.verdict = Verdict::incomplete;
    report.incomplete_reason = search.incomplete_reason;
  }
}

}  // namespace

Report explore_by_default(const std::function<void()>& body, const Options& options) {
  const bool as_asked = !options.strategy.empty() || !options.schedule.empty() || options.executions_max != 0 || options.time_max.count() > 0;
  if (as_asked) return explore(body, options, nullptr);
  SearchBudget budget = engine::budget();
  Report search = explore(body, options, &budget);
  if (!budget.met || search.verdict != Verdict::incomplete) return search;

  Options sampled = options;
  sampled.strategy = "auto";
  sampled.executions_max = sample_executions;
  if (search.drawn_executions > 0) sampled.seed = (Random(options.seed).next() >> 16) | 1;  // other executions than those that were drawn beside the search
  // Whoever takes a pass for a proof should know better.
  fmt::print(stderr, "interleave: {}  the search has not ended after {}, so {} executions are drawn instead, which proves nothing "
             "(name a strategy or a limit to have it otherwise)  strategy auto  seed {}\n",
             options.name, text_of(budget, search), grouped(sample_executions), sampled.seed);
  if (!search.estimate.empty()) fmt::print(stderr, "interleave: {}  the search has {}\n", options.name, search.estimate);
  Report report = explore(body, sampled, nullptr);
  add(report, search);
  return report;
}

}  // namespace interleave::engine
