// Judges one variant, and prints its row of the table.
//
//   mutant_ID ID caught PROBE      the probe must fail, or reach other outcomes than it is declared to
//   mutant_ID ID equivalent        every program must end as declared
//
// Exit status 0: as catalogued, 1: not, 2: usage.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <interleave/scenarios/scenario.hpp>

namespace {

using namespace interleave;
using scenarios::Definition;

// What is found to be other than declared; empty: nothing.
std::string finding(const Definition& program, const Report& report) {
  const std::string kind = report.failure ? report.failure->kind : "";
  if (report.verdict != program.expect || kind != program.failure_kind)
    return report.verdict == Verdict::fail ? kind : report.verdict == Verdict::incomplete ? report.incomplete_reason : "passes";
  if (program.outcomes.empty()) return "";
  std::vector<std::string> reached;
  for (const auto& [outcome, count] : report.outcomes) reached.push_back(outcome);
  std::vector<std::string> declared = program.outcomes;
  std::sort(declared.begin(), declared.end());
  return reached == declared ? "" : "other outcomes";
}

// The search stops at a failure unless one is expected.
Report search(const Definition& program) {
  Options options = program.options;
  options.stop_at_first_failure = program.expect != Verdict::fail;
  options.seed = 1;
  options.races = "ignore";  // a variant is judged by what it does: to change a list without its lock may do no harm
  return explore(program.body, options);
}

int judge_caught(std::string_view id, std::string_view name) {
  const scenarios::Scenario* scenario = scenarios::find(name);
  if (scenario == nullptr) {
    fmt::print(stderr, "no program is named {}: see tests/mutants/probes\n", name);
    return 2;
  }
  const Definition& program = scenario->definition();
  const Report searched = search(program);
  const std::string found = finding(program, searched);
  Options options = program.options;
  options.strategy = "auto";
  options.seed = 1;
  options.executions_max = 100'000;
  options.races = "ignore";
  std::string sampling = "-";  // an outcome that never comes is no finding of a sample
  if (!found.empty() && searched.failure) {
    const Report sampled = explore(program.body, options);
    sampling = sampled.failure ? fmt::format("{}", sampled.executions) : "not found";
  }
  fmt::print("{:<4} {:<38} {:<9} {:<22} {:>9} {:>9}\n", id, name, found.empty() ? "MISSED" : "caught", found, searched.executions,
             sampling);
  return found.empty() ? 1 : 0;
}

int judge_equivalent(std::string_view id) {
  std::uint64_t executions = 0;
  std::size_t programs = 0;
  for (const scenarios::Scenario* scenario : scenarios::all()) {
    const Definition& program = scenario->definition();
    if (program.effort == scenarios::Effort::sample) continue;
    const Report report = search(program);
    ++programs;
    executions += report.executions;
    std::string found = finding(program, report);
    if (found.empty() && !report.complete) found = "not complete";
    if (found.empty()) continue;
    fmt::print("{:<4} {:<38} {:<9} {:<22} {:>9}\n", id, program.name, "KILLED", found, report.executions);
    return 1;
  }
  fmt::print("{:<4} {:<38} {:<9} {:<22} {:>9} {:>9}\n", id, fmt::format("{} programs", programs), "survives", "", executions, "-");
  return programs > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[1] == "caught") return judge_caught(words[0], words[2]);
  if (words.size() == 2 && words[1] == "equivalent") return judge_equivalent(words[0]);
  std::fputs("usage: mutant ID caught PROBE | mutant ID equivalent\n", stderr);
  return 2;
}
