// Strategies: which schedules they visit, how often, and when they give up.
#include "explored.hpp"
#include "lossy.hpp"

#include <atomic>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <set>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

using namespace interleave;

namespace {

void two_by_three() {
  std::atomic<int> n = 0;
  const auto three = [&] { ++n, ++n, ++n; };
  parallel(three, three);
}

Options options_of(const char* strategy, std::uint64_t seed, std::uint64_t executions = 0) {
  Options options;
  options.name = "strategies";
  options.strategy = strategy;
  options.seed = seed;
  options.executions_max = executions;
  return options;
}

// The sum over all classes of (seen - expected)^2 / expected. REQUIRES: every class seen is one of `expected`.
double chi_square(const Outcomes& seen, const std::map<std::string, double>& expected_share) {
  double total = 0, sum = 0;
  for (const auto& [name, count] : seen) {
    REQUIRE(expected_share.count(name) == 1);
    total += static_cast<double>(count);
  }
  for (const auto& [name, share] : expected_share) {
    const double expected = share * total;
    const auto found = seen.find(name);
    const double difference = (found == seen.end() ? 0 : static_cast<double>(found->second)) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

// Every order of two times three steps, with its probability if each step's thread is drawn uniformly among those that are
// not finished.
void each_order(const std::string& prefix, int ones, int twos, double share, std::map<std::string, double>& shares) {
  if (ones == 0 && twos == 0) {
    shares[prefix] = share;
    return;
  }
  const double half = ones > 0 && twos > 0 ? 0.5 : 1;
  if (ones > 0) each_order(prefix + "1", ones - 1, twos, share * half, shares);
  if (twos > 0) each_order(prefix + "2", ones, twos - 1, share * half, shares);
}

}  // namespace

// ---- dfs --------------------------------------------------------------------------------------------------------------------

TEST_CASE("dfs visits every schedule exactly once") {
  const auto orders = std::make_shared<Orders>();
  Options options;
  options.observers.push_back(orders);
  CHECK_HOLDS(explore_all(two_by_three, options), 20u);
  std::map<std::string, double> expected;
  each_order("", 3, 3, 1, expected);
  REQUIRE(expected.size() == 20);
  const std::set<std::string> distinct(orders->orders().begin(), orders->orders().end());
  CHECK(orders->orders().size() == 20);
  CHECK(distinct.size() == 20);
  for (const auto& [order, share] : expected) CHECK(distinct.count(order) == 1);
}

TEST_CASE("dfs begins with the first thread, and changes the last choice first") {
  const auto orders = std::make_shared<Orders>();
  Options options;
  options.observers.push_back(orders);
  std::atomic<int> n = 0;
  explore_all([&] { parallel([&] { ++n, ++n; }, [&] { ++n, ++n; }); }, options);
  CHECK(orders->orders() == std::vector<std::string>{"1122", "1212", "1221", "2112", "2121", "2211"});
}

TEST_CASE("dfs stops at the first failure unless asked to go on") {
  // 1122 counts to 2; the next, 1212, loses one. Of the six, four fail.
  const Report first = explore(lossy, options_of("dfs", 0));
  CHECK(first.verdict == Verdict::fail);
  CHECK(first.executions == 2);
  CHECK(first.failing == 1);
  CHECK_FALSE(first.complete);
  const Report all = explore_all(lossy);
  CHECK_FAILS(all, 6u, 4u, "require");
  CHECK(all.complete);
}

TEST_CASE("the failure that is reported is the shortest found") {
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    const std::size_t detours = 3 - choose(4);
    for (std::size_t i = 0; i < detours; ++i) ++n;
    require(false);
  });
  CHECK_FAILS(report, 4u, 4u, "require");
  CHECK(report.failure->step == 1);
}

// ---- random -------------------------------------------------------------------------------------------------------------------

TEST_CASE("random is exactly reproducible from its seed, and another seed is another walk") {
  const auto walk = [](std::uint64_t seed) {
    const auto orders = std::make_shared<Orders>();
    Options options = options_of("random", seed, 200);
    options.observers.push_back(orders);
    const Report report = explore(two_by_three, options);
    CHECK(report.seed == seed);
    CHECK(report.executions == 200);
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    return orders->orders();
  };
  CHECK(walk(7) == walk(7));
  CHECK(walk(7) != walk(8));
}

TEST_CASE("without a seed a fresh one is drawn and reported") {
  Options options = options_of("random", 0, 5);
  const auto first = explore(two_by_three, options).seed;
  const auto second = explore(two_by_three, options).seed;
  CHECK(first != 0);
  CHECK(first != second);
}

TEST_CASE("the seed of a failure makes random begin with that very execution") {
  // Fails only if the second thread is through before the first begins: one walk in eight.
  const auto rare = [] {
    std::atomic<int> n = 0;
    int seen = 0;
    parallel([&] { ++n, ++n, ++n; }, [&] { seen = n.exchange(10), seen = seen * 10 + n.exchange(20), seen = seen * 10 + n.exchange(30); });
    require(seen != 120, "the schedule of our bad luck");
  };
  int later = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Report found = explore(rare, options_of("random", seed));
    INFO("seed " << seed << ": " << text_of(found));
    REQUIRE(found.failure);
    later += found.executions > 1;
    const Report again = explore(rare, options_of(found.failure->strategy.c_str(), found.failure->seed, 1));
    REQUIRE(again.failure);
    CHECK(again.executions == 1);
    CHECK(again.failure->schedule == found.failure->schedule);
    CHECK(text_of(*again.failure) == text_of(*found.failure));
  }
  CHECK(later > 0);  // else this would hold if the seed of a failure were that of the exploration
}

TEST_CASE("random draws the thread of each step uniformly") {
  std::map<std::string, double> expected;
  each_order("", 3, 3, 1, expected);
  const auto orders = std::make_shared<Orders>();
  Options options = options_of("random", 12345, 40'000);
  options.observers.push_back(orders);
  explore(two_by_three, options);
  Outcomes seen;
  for (const auto& order : orders->orders()) ++seen[order];
  // 20 classes: with 19 degrees of freedom 43.8 is exceeded once in a thousand seeds. This seed is fixed.
  CHECK(chi_square(seen, expected) < 43.8);
  // The same data do not fit the hypothesis that every schedule is equally likely: the test can fail.
  for (auto& [order, share] : expected) share = 1.0 / 20;
  CHECK(chi_square(seen, expected) > 1000);
}

TEST_CASE("random draws a thread first, and then one of that thread's candidates") {
  // The first step is the store of thread 2, or the choice of 1: one half against one half, then a third each.
  Options options = options_of("random", 999, 30'000);
  const Report report = explore([] {
    std::atomic<int> n = 0;
    parallel([&] {
      const auto value = choose(3);
      outcome(n == 0 ? std::to_string(value) : "store first");
    }, [&] { n = 1; });
  }, options);
  // Also the load of n may come after the store: store first with 1/2 + 1/2 * 1/2, each value with the rest's third.
  const std::map<std::string, double> by_thread{{"store first", 0.75}, {"0", 1 / 12.0}, {"1", 1 / 12.0}, {"2", 1 / 12.0}};
  CHECK(chi_square(report.outcomes, by_thread) < 16.3);  // 3 degrees of freedom, one in a thousand
  // Uniform over the four candidates of the first step would be 1/4 + 3/4 * 1/2.
  const std::map<std::string, double> by_candidate{{"store first", 0.625}, {"0", 0.125}, {"1", 0.125}, {"2", 0.125}};
  CHECK(chi_square(report.outcomes, by_candidate) > 1000);
}

TEST_CASE("random finds dining deadlocks as often as the exact probability says") {
  // Published: 1/2 for two philosophers, 1/3 for three, 11/48 for four.
  const auto share = [](std::size_t n) {
    Options options = options_of("random", 4711, 20'000);
    options.stop_at_first_failure = false;
    const Report report = explore([n] {
      std::vector<std::mutex> forks(n);
      std::vector<std::function<void()>> threads;
      for (std::size_t i = 0; i < n; ++i)
        threads.push_back([&forks, i, n] {
          const std::lock_guard own(forks[i]), next(forks[(i + 1) % n]);
        });
      parallel(threads);
    }, options);
    return static_cast<double>(report.failing) / static_cast<double>(report.executions);
  };
  const auto within_3_sigma = [](double seen, double p) { return std::abs(seen - p) < 3 * std::sqrt(p * (1 - p) / 20'000); };
  CHECK(within_3_sigma(share(2), 1 / 2.0));
  CHECK(within_3_sigma(share(3), 1 / 3.0));
  CHECK(within_3_sigma(share(4), 11 / 48.0));
}

// ---- limits -------------------------------------------------------------------------------------------------------------------

TEST_CASE("a search that meets its limit of executions is incomplete, never a pass") {
  for (const std::uint64_t limit : {1u, 19u}) {
    Options options;
    options.executions_max = limit;
    const Report report = explore_all(two_by_three, options);
    CHECK(report.verdict == Verdict::incomplete);
    CHECK_FALSE(report.complete);
    CHECK(report.executions == limit);
    CHECK_THAT(report.incomplete_reason, Catch::Contains("limit of " + std::to_string(limit) + " executions"));
  }
  Options enough;
  enough.executions_max = 21;
  CHECK_HOLDS(explore_all(two_by_three, enough), 20u);
}

TEST_CASE("an execution that meets the limit of steps is cut, and a search with a cut is incomplete") {
  Options options;
  options.steps_max = 5;
  const Report report = explore_all(two_by_three, options);
  CHECK(report.verdict == Verdict::incomplete);
  CHECK(report.executions == 0);
  CHECK(report.cut == 20);  // the sixth step of each of the 20 is forced, so that their first five are 20 different prefixes
  CHECK(report.steps_longest == 5);
  CHECK_THAT(report.incomplete_reason, Catch::Contains("5 steps"));
  options.steps_max = 6;
  CHECK_HOLDS(explore_all(two_by_three, options), 20u);
}

TEST_CASE("a loop that has no end, and changes more and more, is cut, not hung on") {
  Options options;
  options.steps_max = 200;
  options.executions_max = 100;
  const Report report = explore_all([] {
    std::atomic<bool> ready = false;
    std::atomic<int> rounds = 0;
    parallel([&] {
      for (int more = 1; !ready; ++more)
        for (int i = 0; i < more; ++i) ++rounds;
    }, [&] { ready = true; });
  }, options);
  CHECK(report.verdict == Verdict::incomplete);
  CHECK(report.cut > 0);
}

TEST_CASE("a bound is not covered if executions within it were cut") {
  const auto within = [](std::uint64_t steps_max) {
    return explore_all(two_by_three, {.strategy = "preemptions:bound=1/dfs", .steps_max = steps_max});
  };
  const Report whole = within(6), cut = within(5);
  CHECK(whole.verdict == Verdict::pass);
  CHECK(whole.covered == "every schedule with at most 1 preemption");
  CHECK(cut.verdict == Verdict::incomplete);
  CHECK(cut.cut > 0);
  CHECK(cut.covered.empty());
}

TEST_CASE("a search that meets its limit of time is incomplete; a sampler has done its work") {
  const auto large = [] {
    std::atomic<int> n = 0;
    const auto many = [&] { for (int i = 0; i < 20; ++i) ++n; };
    parallel(many, many, many);
  };
  Options options;
  options.time_max = std::chrono::milliseconds(50);
  const Report searched = explore_all(large, options);
  CHECK(searched.verdict == Verdict::incomplete);
  CHECK_FALSE(searched.complete);
  CHECK_THAT(searched.incomplete_reason, Catch::Contains("time"));
  CHECK(searched.seconds < 10);
  options.strategy = "random";
  const Report sampled = explore_all(large, options);
  CHECK(sampled.verdict == Verdict::pass);
  CHECK_FALSE(sampled.complete);
  CHECK(sampled.executions > 0);
}

TEST_CASE("a failure within the limits is a failure") {
  Options options;
  options.executions_max = 2;
  const Report report = explore_all(lossy, options);
  CHECK(report.verdict == Verdict::fail);
  CHECK_FALSE(report.complete);
}

// ---- bad input ----------------------------------------------------------------------------------------------------------------

TEST_CASE("a strategy that makes no sense is refused with what would") {
  struct Row {
    const char *strategy, *sentence;
  };
  const auto row = GENERATE(values<Row>({
      {"dsf", "there is no strategy 'dsf'"},
      {"dsf", "dfs"},
      {"randon", "random"},
      {"repaet/dfs", "repeat"},
      {"repeat", "write repeat/dfs"},
      {"repeat/", "write repeat/dfs"},
      {"repeat/dsf", "there is no strategy 'dsf'"},
      {"dfs/random", "'dfs' cannot hold another one"},
      {"dfs:depth=3", "'dfs' has no 'depth'; it takes: run_on"},
      {"random:seed", "'seed' is not of the form key=value"},
      {"random:a=1,a=2", "'a' is given twice"},
      {"zzzzzzzz", "there is no strategy 'zzzzzzzz'"},
  }));
  INFO(row.strategy);
  CHECK_THROWS_AS(explore([] {}, options_of(row.strategy, 1)), UsageError);
  CHECK_THROWS_WITH(explore([] {}, options_of(row.strategy, 1)), Catch::Contains(row.sentence));
  CHECK_HOLDS(explore_all(two_by_three), 20u);  // and nothing was left behind
}

TEST_CASE("options that make no sense are refused") {
  Options options;
  options.races = "sometimes";
  CHECK_THROWS_AS(explore([] {}, options), UsageError);
  CHECK_THROWS_WITH(explore([] {}, options), Catch::Contains("fail or explore or ignore"));
  options = {};
  options.clock = "sundial";
  CHECK_THROWS_WITH(explore([] {}, options), Catch::Contains("any or virtual"));
  options = {};
  options.time_max = std::chrono::seconds(-1);
  CHECK_THROWS_AS(explore([] {}, options), UsageError);
  options.time_max = {};
  options.observers = {nullptr};
  CHECK_THROWS_AS(explore([] {}, options), UsageError);
}
