// Bounded searches against the numbers of schedules that were counted by an independent enumerator.
#include "programs.hpp"

using namespace interleave;

namespace {

constexpr std::uint64_t uncounted = ~std::uint64_t{0};  // nobody published how many of them fail

struct Count {
  std::uint64_t schedules, failing = uncounted;
};

struct Row {
  const char* name;
  programs::Body body;
  std::vector<Count> preemptions, delays;  // with at most 0, 1, 2, ...
};

std::uint64_t failing(const Report& report) {
  const auto bug = report.outcomes.find("bug");
  return report.failing + (bug == report.outcomes.end() ? 0 : bug->second);
}

// Cumulative counts: every schedule of the bound, and those of smaller bounds, each once.
void check_counts(const Row& row, const std::string& wrapper, const std::vector<Count>& counts) {
  for (std::size_t bound = 0; bound < counts.size(); ++bound) {
    Options options;
    options.strategy = wrapper + ":bound=" + std::to_string(bound) + "/dfs";
    options.stop_at_first_failure = false;
    const Report report = explore(row.body, options);
    CAPTURE(row.name, options.strategy, report.redundant, report.covered);
    CHECK(report.executions == counts[bound].schedules);
    if (counts[bound].failing != uncounted) CHECK(failing(report) == counts[bound].failing);
  }
}

}  // namespace

TEST_CASE("bounded searches run each schedule of the bound once") {
  const std::vector<Row> rows = {
      {"counter 2x1", programs::counter(2, 1), {{2, 0}, {4, 2}, {6, 4}}, {{1, 0}, {3}, {5}, {6, 4}}},
      {"counter 2x2", programs::counter(2, 2), {{2, 0}, {8, 4}, {26, 20}, {44}}, {{1, 0}, {5}, {17}, {35}}},
      {"counter 2x3", programs::counter(2, 3), {{2, 0}, {12, 6}, {62, 48}, {162}}, {{1, 0}, {7}, {37}, {112}}},
      {"counter 3x1", programs::counter(3, 1), {{6, 0}, {24, 18}, {60, 54}, {90}}, {{1, 0}, {5}, {15}, {30}}},
      {"counter 3x2", programs::counter(3, 2), {{6, 0}, {60}, {402}, {1752}}, {{1, 0}, {9}, {53}, {195}}},
      {"deadlock01", programs::deadlock01(), {{2, 0}, {6, 2}}, {{1, 0}, {4, 1}, {6, 2}}},
      {"dining 3", programs::dining(3), {{6, 0}, {57, 3}, {129}, {150}}, {{1, 0}, {8, 0}, {32}, {69}}},
      {"dining 4", programs::dining(4), {{24, 0}, {512, 4}, {3116}, {10160}}, {{1, 0}, {12, 0}, {84, 0}, {347}}},
  };
  for (const Row& row : rows) {
    check_counts(row, "preemptions", row.preemptions);
    check_counts(row, "delays", row.delays);
  }
}

TEST_CASE("without a bound they go on until it makes no difference, and then everything is covered") {
  for (const char* strategy : {"preemptions/dfs", "delays/dfs"}) {
    Options options;
    options.strategy = strategy;
    options.stop_at_first_failure = false;
    const Report report = explore(programs::counter(2, 3), options);
    CHECK(report.executions == 924);
    CHECK(report.complete);
    CHECK(report.outcomes.size() == 2);
  }
}

TEST_CASE("a bounded search says which bound it completed") {
  Options options;
  options.strategy = "preemptions:bound=1/dfs";
  const Report report = explore([] {
    std::atomic<int> n{0};
    parallel([&] { ++n, ++n, ++n; }, [&] { ++n, ++n, ++n; });
  }, options);
  CHECK(report.verdict == Verdict::pass);
  CHECK_FALSE(report.complete);
  CHECK(report.covered == "every schedule with at most 1 preemption");
}

TEST_CASE("what cannot be bounded is refused with a sentence") {
  const auto refused = [](const char* strategy, const char* sentence) {
    Options options;
    options.strategy = strategy;
    try {
      explore([] {}, options);
      FAIL("accepted: " << strategy);
    } catch (const UsageError& error) {
      CHECK_THAT(error.what(), Catch::Contains(sentence));
    }
  };
  refused("preemptions:bound=2/dpor", "write preemptions/dfs");
  refused("delays/random", "write delays/dfs");
  refused("delays/delays/dfs", "write delays/dfs");
  refused("preemptions", "wraps another one");
  refused("preemptions/", "wraps another one");
  refused("preemptions:bound=-1/dfs", "bound must be a whole number from 0 to 1099511627776, not '-1'");
  refused("preemptions:bound=x/dfs", "bound must be a whole number");
  refused("delays:depth=1/dfs", "has no 'depth'");
  refused("pct:depth=0", "depth must be a whole number from 1 to 1000");
  refused("pct:depth=-3", "depth must be a whole number");
  refused("urw:counts=1.x", "counts must be whole numbers from 0 to 1099511627776 with dots between them");
}
