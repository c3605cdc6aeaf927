// How the tests of threads that go round explore: to the end, with executions of at most 5,000 steps.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "explored.hpp"

namespace rounds {

inline interleave::Report by_dpor(const std::function<void()>& body, interleave::Options options = {}) {
  options.strategy = "dpor";
  if (options.steps_max == interleave::Options{}.steps_max) options.steps_max = 5'000;
  return explore_all(body, std::move(options));
}

inline interleave::Report by_dfs(const std::function<void()>& body) { return explore_all(body, {.steps_max = 5'000}); }

// Proved, both ways, and with the same outcomes.
inline void check_proved(const std::function<void()>& body, const std::set<std::string>& outcomes) {
  const interleave::Report some = by_dpor(body), all = by_dfs(body);
  INFO(text_of(some));
  INFO(text_of(all));
  CHECK(some.complete);
  CHECK(all.complete);
  CHECK(some.failing == 0);
  CHECK(all.failing == 0);
  CHECK(values(some) == outcomes);
  CHECK(values(all) == outcomes);
}

}  // namespace rounds
