// The strategies that are registered, so that a new one is tested without being named.
#pragma once

#include <string>
#include <vector>

#include <interleave/scheduler/services.hpp>

// Without those that wrap.
inline std::vector<std::string> strategies_that(bool end) {
  std::vector<std::string> all;
  for (const auto& each : interleave::detail::registered_strategies())
    if (!each.wraps && each.ends == end) all.push_back(each.name);
  return all;
}

// All of them; those that wrap round dfs.
inline std::vector<std::string> every_strategy() {
  std::vector<std::string> all;
  for (const auto& each : interleave::detail::registered_strategies()) all.push_back(each.name + (each.wraps ? "/dfs" : ""));
  return all;
}
