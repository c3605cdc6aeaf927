// Samplers: what they draw, how often, and that any of their executions can be drawn again.
#include <cmath>

#include "../strategies.hpp"
#include "programs.hpp"

using namespace interleave;

namespace {

// All that are registered, and what they do with other arguments than the default.
std::vector<std::string> samplers() {
  auto all = strategies_that(false);
  all.push_back("pct:depth=2");
  return all;
}

Options sample_of(const std::string& strategy, std::uint64_t executions, std::uint64_t seed = 20250711) {
  Options options;
  options.name = "sample";
  options.strategy = strategy;
  options.seed = seed;
  options.executions_max = executions;
  options.stop_at_first_failure = false;
  return options;
}

double rate(const programs::Body& body, const std::string& strategy, std::uint64_t executions) {
  const Report report = explore(body, sample_of(strategy, executions));
  const auto found = report.outcomes.find("bug");
  const std::uint64_t bugs = report.failing + (found == report.outcomes.end() ? 0 : found->second);
  return static_cast<double>(bugs) / static_cast<double>(report.executions);
}

}  // namespace

TEST_CASE("the random walk meets bugs as often as it must") {
  struct Row {
    const char* name;
    programs::Body body;
    double exact;
  };
  constexpr std::uint64_t n = INTERLEAVE_BRIEF_TESTS ? 20'000 : 100'000;
  for (const Row& row : std::vector<Row>{{"reorder_3", programs::reorder(2), 4.0 / 81},
                                         {"reorder_4", programs::reorder(3), 39.0 / 1024},
                                         {"reorder_5", programs::reorder(4), 472.0 / 15625},
                                         {"deadlock01", programs::deadlock01(), 1.0 / 2},
                                         {"dining 3", programs::dining(3), 1.0 / 3},
                                         {"dining 4", programs::dining(4), 0.229167},
                                         {"dining 5", programs::dining(5), 0.158333}}) {
    const double sigma = std::sqrt(row.exact * (1 - row.exact) / n);
    const double seen = rate(row.body, "random", n);
    CAPTURE(row.name, seen, row.exact, sigma);
    CHECK(std::abs(seen - row.exact) < 3 * sigma);
  }
}

TEST_CASE("urw draws every interleaving equally often where nothing blocks for long") {
  // Two threads, five assignments each, each inside its lock: all 252 orders have a result of their own.
  const auto body = [] {
    std::mutex mutex;
    long x = 1;
    const auto assign = [&](long add) {
      for (int i = 0; i < 5; ++i) {
        mutex.lock();
        x = 2 * x + add;
        mutex.unlock();
      }
    };
    parallel([&] { assign(0); }, [&] { assign(1); });
    outcome(std::to_string(x));
  };
  constexpr double expected = 100;
  const Report report = explore(body, sample_of("urw", 25'200));
  double chi_square = 0;
  for (const auto& [value, count] : report.outcomes) {
    const double off = static_cast<double>(count) - expected;
    chi_square += off * off / expected;
  }
  CAPTURE(chi_square);
  CHECK(report.outcomes.size() == 252);
  CHECK(chi_square < 306);
}

TEST_CASE("every failure of a sampler is drawn again by its own string and seed, and by its token") {
  const auto body = [] {
    std::atomic<int> a{0}, b{0};
    bool bug = false;
    parallel([&] { a = 1; b = -1; }, [&] { a = 1; b = -1; }, [&] { bug = a == 1 && b == 0; });
    require(!bug, "seen halfway");
  };
  for (const std::string& strategy : samplers()) {
    for (std::uint64_t seed = 1; seed <= (INTERLEAVE_BRIEF_TESTS ? 4 : 20); ++seed) {
      Options options = sample_of(strategy, 20'000, seed);
      options.stop_at_first_failure = true;
      const Report first = explore(body, options);
      CAPTURE(strategy, seed);
      REQUIRE(first.failure.has_value());
      Options again = sample_of(first.failure->strategy, 1, first.failure->seed);
      const Report drawn = explore(body, again);
      CAPTURE(first.failure->strategy);
      REQUIRE(drawn.failure.has_value());
      CHECK(drawn.executions == 1);
      CHECK(drawn.failure->schedule == first.failure->schedule);
      CHECK(drawn.failure->message == first.failure->message);
      Options token;
      token.name = "sample";
      token.schedule = first.failure->schedule;
      const Report replayed = explore(body, token);
      REQUIRE(replayed.failure.has_value());
      CHECK(replayed.failure->message == first.failure->message);
    }
  }
}

TEST_CASE("two runs of one seed are the same run") {
  for (const std::string& strategy : samplers()) {
    const auto outcomes = [&] { return explore(programs::reorder(3), sample_of(strategy, 500, 3)).outcomes; };
    CHECK(outcomes() == outcomes());
  }
}

TEST_CASE("surw repeats an execution in which one thread is alone at first") {
  const auto body = [] {
    std::atomic<int> n{0};
    n = 1;
    parallel([&] { n = n + 1; }, [&] { n = n + 1; });
    outcome(std::to_string(n));
  };
  Options options = sample_of("surw:object=1,counts=1.1.1", 1);
  const Report report = explore(body, options);
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.executions == 1);
}
