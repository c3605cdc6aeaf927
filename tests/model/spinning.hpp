// How the tests of threads that spin explore.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "explored.hpp"

inline interleave::Report by_dpor(const std::function<void()>& body, interleave::Options options = {}) {
  options.strategy = "dpor";
  return explore_all(body, std::move(options));
}

// Both ways to leave out what goes round come to the same.
inline void check_same(const std::function<void()>& body) {
  const interleave::Report some = by_dpor(body), all = explore_all(body);
  INFO(text_of(some));
  INFO(text_of(all));
  CHECK(some.complete);
  CHECK(all.complete);
  CHECK(values(some) == values(all));
  CHECK((some.failing > 0) == (all.failing > 0));
}
