// `repeat` round a strategy comes to what the strategy comes to: the same verdict, executions and coverage, on scenarios whose threads wait by
// spinning, above all. It once lost what it did not forward: round dpor and dfs, it went on for ever where they ended.
//
// [.repeats] asks this of every scenario, in a minute or two.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <interleave/scheduler/services.hpp>

#include "explored.hpp"

using namespace interleave;
using scenarios::Definition;

namespace {

// Every strategy that is registered, those that wrap with a bound of 1 round dfs, but for `repeat` itself.
std::vector<std::string> strategies() {
  std::vector<std::string> all;
  for (const auto& each : detail::registered_strategies())
    if (each.name != "repeat") all.push_back(each.name + (each.wraps ? ":bound=1/dfs" : ""));
  return all;
}

// `executions`: that are made at most. A limit of them is about those that are made, so `repeat` gets twice as many.
Report explored_up_to(const Definition& scenario, const std::string& strategy, std::uint64_t executions) {
  Options options = scenario.options;
  options.strategy = strategy;
  options.seed = 1;
  options.executions_max = executions;
  options.stop_at_first_failure = false;
  return explore(scenario.body, options);
}

// How many came to their end.
std::size_t compare(const Definition& scenario, std::uint64_t executions) {
  std::size_t ended = 0;
  for (const std::string& strategy : strategies()) {
    if (scenario.options.clock == "virtual" && strategy == "dpor") continue;  // refused
    const Report once = explored_up_to(scenario, strategy, executions);
    const Report twice = explored_up_to(scenario, "repeat/" + strategy, 2 * executions);
    CAPTURE(scenario.name, strategy, once.incomplete_reason, twice.incomplete_reason, once.redundant, twice.redundant);
    CHECK(twice.verdict == once.verdict);
    CHECK(twice.complete == once.complete);
    CHECK(twice.executions == once.executions);
    CHECK(twice.failing == once.failing);
    CHECK(twice.covered == once.covered);
    CHECK(twice.outcomes == once.outcomes);
    ended += once.complete;
  }
  return ended;
}

}  // namespace

TEST_CASE("repeat changes nothing where threads spin") {
  std::size_t ended = 0;
  for (const char* name : {"bugs/abba_scoped_lock", "condition/producer_consumer_2"}) {
    const auto* scenario = scenarios::find(name);
    REQUIRE(scenario != nullptr);
    ended += compare(scenario->definition(), 300);
  }
  CHECK(ended > 0);
}

TEST_CASE("repeat changes nothing on any scenario whose threads spin", "[.repeats-spins]") {
  for (const auto* scenario : scenarios::all())
    if (scenario->definition().spins) compare(scenario->definition(), 3000);
}

TEST_CASE("repeat changes nothing on any scenario", "[.repeats]") {
  for (const auto* scenario : scenarios::all()) compare(scenario->definition(), 200);
}

TEST_CASE("repeat ends where the strategy that it holds ends, and says what was covered") {
  const Definition& abba = scenarios::find("bugs/abba_scoped_lock")->definition();
  const Report proved = explored(abba, "repeat/dpor");
  CHECK(proved.verdict == Verdict::pass);
  CHECK(proved.complete);
  CHECK(proved.executions == explored(abba, "dpor").executions);
  CHECK(explored(abba, "repeat/dfs").complete);
  const Report bounded = explored("condition/producer_consumer_2", "repeat/preemptions:bound=1/dfs");
  CHECK(bounded.covered == "every schedule with at most 1 preemption");
}
