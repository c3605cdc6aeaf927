#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "json.hpp"
#include "selection.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

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

}  // namespace

ExitStatus list(const Request& request) {
  const Selection scenarios = every_scenario();
  if (request.json) {
    print(json_of_list(scenarios));
    return ExitStatus::expected;
  }
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
  return ExitStatus::expected;
}

}  // namespace interleave::cli
