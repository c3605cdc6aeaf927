// A scenario, explored to the end.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include <interleave/interleave.hpp>
#include <interleave/scenarios/scenario.hpp>

inline interleave::Report explored(const interleave::scenarios::Definition& definition, const char* strategy = "dfs") {
  interleave::Options options = definition.options;
  options.strategy = strategy;
  options.stop_at_first_failure = false;
  return interleave::explore(definition.body, options);
}

// REQUIRES: there is a scenario of this name.
inline interleave::Report explored(std::string_view name, const char* strategy = "dfs") {
  return explored(interleave::scenarios::find(name)->definition(), strategy);
}

inline std::set<std::string> outcomes_of(const interleave::Report& report) {
  std::set<std::string> outcomes;
  for (const auto& [outcome, executions] : report.outcomes) outcomes.insert(outcome);
  return outcomes;
}
