// Scenarios that declare how likely a random walk fails: a biased draw, or a step too many or too few, would show here.
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>

#include <interleave/catch2.hpp>
#include <interleave/scenarios/scenario.hpp>

using namespace interleave;

namespace {

constexpr std::uint64_t walks = 40'000;

Report walked(const scenarios::Definition& scenario, std::uint64_t executions, const std::string& strategy = "random") {
  Options options = scenario.options;
  options.name = scenario.name;
  options.strategy = strategy;
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

TEST_CASE("a random walk fails as often as declared, within three standard deviations", INTERLEAVE_BRIEF_TESTS ? "[.]" : "") { check_rates(false); }

TEST_CASE("a random walk through programs of 50 and 100 threads fails as often as declared", "[.slow]") { check_rates(true); }

TEST_CASE("the test of rates notices one that is a tenth too high or too low") {
  const auto& definition = scenarios::find("sct/account")->definition();
  const std::uint64_t seen = walked(definition, walks).failing;
  CHECK(off_by(definition.random_rate * 1.1, seen) > 3);
  CHECK(off_by(definition.random_rate * 0.9, seen) > 3);
}

// An independent simulation of the same programs: 20,000 runs each, so with an error of its own; its surw counts what lies ahead
// once, ours in several executions and finds what depends on it more often. circular_buffer's was of other steps.
TEST_CASE("pct, pos and surw meet bugs as often as in a simulation, within a fifth", INTERLEAVE_BRIEF_TESTS ? "[.]" : "") {
  struct Simulated {
    const char* name;
    double pct2, pct3, pos, surw;
  };
  constexpr double runs = 20'000;
  const auto fails = [&](const scenarios::Definition& program, const std::string& strategy) {
    return static_cast<double>(walked(program, static_cast<std::uint64_t>(runs), strategy).failing) / runs;
  };
  const auto error = [&](double rate) { return 0.0005 + 3 * std::sqrt(2 * rate * (1 - rate) / runs); };
  for (const Simulated& row : std::initializer_list<Simulated>{{"reorder_3", 0.034, 0.057, 0.100, 0.195},
                                                               {"reorder_4", 0.023, 0.038, 0.082, 0.107},
                                                               {"reorder_5", 0.015, 0.027, 0.063, 0.093},
                                                               {"twostage", 0.087, 0.140, 0.081, 0.041},
                                                               {"account", 0.333, 0.333, 0.333, 0.333},
                                                               {"lazy01", 0.333, 0.333, 0.333, 0.333},
                                                               {"deadlock01", 0.067, 0.128, 0.330, 0.336},
                                                               {"token_ring", 0.167, 0.167, 0.167, 0.167},
                                                               {"carter01", 0.210, 0.372, 0.506, 0.337},
                                                               {"stack", 0.198, 0.285, 0.612, 0.522},
                                                               {"dining_2", 0.10, 0.19, 0.33, 0.33},
                                                               {"dining_3", 0.033, 0.066, 0.20, 0.20},
                                                               {"dining_4", 0.008, 0.019, 0.117, 0.12}}) {
    const auto& program = scenarios::find(std::string("sct/") + row.name)->definition();
    // The simulation's k is 5/4 of the longest execution.
    const auto k = std::to_string(static_cast<int>(std::ceil(1.25 * static_cast<double>(walked(program, 1000).steps_longest))));
    const double pct2 = fails(program, "pct:depth=2,steps=" + k), pct3 = fails(program, "pct:depth=3,steps=" + k);
    const double pos = fails(program, "pos"), surw = fails(program, "surw");
    CAPTURE(row.name, k, pct2, row.pct2, pct3, row.pct3, pos, row.pos, surw, row.surw);
    CHECK(std::abs(pct2 - row.pct2) <= 0.2 * row.pct2 + error(row.pct2));
    CHECK(std::abs(pct3 - row.pct3) <= 0.2 * row.pct3 + error(row.pct3));
    CHECK(std::abs(pos - row.pos) <= 0.2 * row.pos + error(row.pos));
    CHECK(surw >= 0.8 * row.surw - error(row.surw));
  }
}
