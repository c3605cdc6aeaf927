// The classic defects, drawn at random and shrunk: the same failure, with no more preemptions than before.
#include <cstdint>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include <interleave/interleave.hpp>
#include <interleave/scenarios/scenario.hpp>

#include "explored.hpp"

using namespace interleave;

namespace {

Report drawn(const scenarios::Definition& bug, std::uint64_t seed, bool shrink) {
  Options options = bug.options;
  options.name = bug.name;
  options.strategy = "random";
  options.seed = seed;
  options.executions_max = 2'000;
  options.shrink = shrink;
  return explore(bug.body, options);
}

}  // namespace

TEST_CASE("the failure of every classic defect, drawn by five seeds and shrunk, is the same failure with no more preemptions", "[shrink]") {
  std::set<std::string> shrunk;
  std::size_t smaller = 0;
  for (const auto* scenario : scenarios::all()) {
    const scenarios::Definition& bug = scenario->definition();
    if (!bug.name.starts_with("bugs/") || bug.expect != Verdict::fail) continue;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(bug.name, seed);
      const Report as_found = drawn(bug, seed, false), report = drawn(bug, seed, true);
      REQUIRE(as_found.failure.has_value() == report.failure.has_value());
      CHECK(as_found.executions == report.executions);
      if (!report.failure) continue;
      const Failure& failure = *report.failure;
      CHECK(failure.kind == as_found.failure->kind);
      if (!failure.shrunk) continue;
      CHECK(failure.shrunk->schedule == as_found.failure->schedule);
      CHECK(failure.shrunk->preemptions_left <= failure.shrunk->preemptions);
      if (failure.shrunk->preemptions_left == failure.shrunk->preemptions) CHECK(failure.step <= as_found.failure->step);
      shrunk.insert(bug.name);
      smaller += failure.schedule != failure.shrunk->schedule;
      Options options = bug.options;
      options.name = bug.name;
      options.schedule = failure.schedule;
      const Report again = explore(bug.body, options);
      REQUIRE(again.failure);
      CHECK(again.failure->kind == failure.kind);
      CHECK(again.failure->message == failure.message);
      CHECK(again.failure->step == failure.step);
    }
  }
  CHECK(shrunk.size() > 20);  // or the test would say little
  CHECK(smaller > 50);
}
