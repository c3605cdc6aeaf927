// Scenarios that declare how likely a random walk fails: a biased draw, or a step too many or too few, would show here.
#include <algorithm>
#include <cmath>

#include <interleave/catch2.hpp>
#include <interleave/scenarios/scenario.hpp>

using namespace interleave;

namespace {

constexpr std::uint64_t walks = 100'000;

Report walked(const scenarios::Definition& scenario, std::uint64_t executions) {
  Options options = scenario.options;
  options.name = scenario.name;
  options.strategy = "random";
  options.seed = 1;
  options.executions_max = executions;
  options.stop_at_first_failure = false;
  const Report report = explore(scenario.body, options);
  REQUIRE(report.executions == executions);
  return report;
}

// How many standard deviations lie between the rate and what was seen.
double off_by(double rate, std::uint64_t seen) {
  const double expected = rate * walks;
  return std::abs(static_cast<double>(seen) - expected) / std::max(std::sqrt(expected * (1 - rate)), 1e-9);
}

// REQUIRES: inside a test.
void check_rates(bool of_many_threads) {
  int checked = 0;
  for (const auto* scenario : scenarios::all()) {
    const auto& definition = scenario->definition();
    if (definition.random_rate == 0 || (walked(definition, 1).threads_most > 21) != of_many_threads) continue;
    const std::uint64_t seen = walked(definition, walks).failing;
    CAPTURE(definition.name, definition.random_rate, seen);
    CHECK(off_by(definition.random_rate, seen) < 3);
    ++checked;
  }
  CHECK(checked > 3);
}

}  // namespace

TEST_CASE("a random walk fails as often as declared, within three standard deviations") { check_rates(false); }

TEST_CASE("a random walk through programs of 50 and 100 threads fails as often as declared", "[.slow]") { check_rates(true); }

TEST_CASE("the test of rates notices one that is a tenth too high or too low") {
  const auto& definition = scenarios::find("sct/account")->definition();
  const std::uint64_t seen = walked(definition, walks).failing;
  CHECK(off_by(definition.random_rate * 1.1, seen) > 3);
  CHECK(off_by(definition.random_rate * 0.9, seen) > 3);
}
