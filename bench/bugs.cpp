// The table of docs/known-bugs.md: how many executions each strategy needs until it finds each of the classic defects, and what it
// takes to prove its repaired twin. The columns are the strategies that are registered: searches, then samplers.
//
//   bugs [SEEDS]     samplers: mean over SEEDS (20) seeds, at most 10,000 executions each
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scheduler/services.hpp>

#include "tests/strategies.hpp"

namespace {

using namespace interleave;
using scenarios::Definition;

constexpr std::uint64_t limit = 10'000;

Report run(const Definition& program, std::string strategy, std::uint64_t seed, std::uint64_t executions) {
  Options options = program.options;
  options.strategy = std::move(strategy);
  options.seed = seed;
  options.executions_max = executions;
  return detail::explore_unsaid(program.body, options);
}

// Executions up to the first failure; of another kind than declared: said so.
std::string first(const Definition& bug, const std::string& search) {
  const Report report = run(bug, search, 1, 1'000'000);
  if (!report.failure) return "-";
  if (report.failure->kind != bug.failure_kind) return report.failure->kind;
  return std::to_string(report.executions);
}

std::string mean(const Definition& bug, const std::string& sampler, std::uint64_t seeds) {
  std::uint64_t found = 0, sum = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Report report = run(bug, sampler, seed, limit);
    if (!report.failure || report.failure->kind != bug.failure_kind) continue;
    ++found;
    sum += report.executions;
  }
  if (found == 0) return "-";
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%.1f", static_cast<double>(sum) / static_cast<double>(found));
  if (found < seeds)
    std::snprintf(text + length, sizeof text - static_cast<std::size_t>(length), " (%d of %d)", static_cast<int>(found),
                  static_cast<int>(seeds));
  return text;
}

// What a search of a program that is well comes to.
std::string proof(const Definition& program) {
  Options options = program.options;
  if (program.effort == scenarios::Effort::sample) return "not searched";
  const Report report = detail::explore_unsaid(program.body, options);
  if (report.failure) return "FAILS: " + report.failure->kind;
  if (report.complete) return "all " + std::to_string(report.executions);
  return report.covered.empty() ? "not complete" : std::to_string(report.executions) + ": " + report.covered;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20;
  if (argc > 2 || seeds == 0) {
    std::fputs("usage: bugs [SEEDS]\n", stderr);
    return 2;
  }
  const std::vector<std::string> searches = strategies_that(true), samplers = strategies_that(false);
  std::printf("| bug | what it is | failure |");
  for (const std::string& search : searches) std::printf(" %s |", search.c_str());
  for (const std::string& sampler : samplers) std::printf(" %s |", sampler.c_str());
  std::printf(" repaired | proof |\n|---|---|---|");
  for (std::size_t i = 0; i < searches.size() + samplers.size(); ++i) std::printf("--:|");
  std::printf("---|--:|\n");
  for (const scenarios::Scenario* scenario : scenarios::all()) {
    const Definition& bug = scenario->definition();
    if (!bug.name.starts_with("bugs/") || bug.expect != Verdict::fail) continue;
    std::printf("| `%s` | %s | %s |", bug.name.substr(5).c_str(), bug.summary.c_str(), bug.failure_kind.c_str());
    for (const std::string& search : searches) std::printf(" %s |", first(bug, search).c_str());
    for (const std::string& sampler : samplers) {
      std::printf(" %s |", mean(bug, sampler, seeds).c_str());
      std::fflush(stdout);
    }
    const Definition& twin = scenarios::find(bug.name + "_repaired")->definition();
    std::printf(" %s | %s |\n", twin.summary.c_str(), proof(twin).c_str());
  }
  std::printf("\n| further repairs | what it is | proof |\n|---|---|--:|\n");
  for (const scenarios::Scenario* scenario : scenarios::all()) {
    const Definition& other = scenario->definition();
    if (!other.name.starts_with("bugs/") || other.expect != Verdict::pass || other.name.ends_with("_repaired")) continue;
    std::printf("| `%s` | %s | %s |\n", other.name.substr(5).c_str(), other.summary.c_str(), proof(other).c_str());
  }
}
