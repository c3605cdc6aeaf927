// FRAMEWORK gtest: assertions of GoogleTest inside a body, in any of its threads, in both worlds.
#include <interleave/gtest.hpp>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gtest/gtest-spi.h>

using namespace interleave;

namespace {

// Whether the linker has put the model under the API.
bool linked_with_the_model() {
  Options once;
  once.executions_max = 1;
  return explore([] { outcome(modelled() ? "model" : "real"); }, once).outcomes.contains("model");
}

Report explore_all(const std::function<void()>& body) {
  Options options;
  options.name = "gtest";
  options.strategy = "dfs";
  options.stop_at_first_failure = false;
  if (!linked_with_the_model()) {
    options.strategy = "";
    options.executions_max = 20;
  }
  return explore(body, options);
}

void lose_an_update(std::atomic<int>& n) { n = n + 1; }

}  // namespace

TEST(Gtest, assertions_that_hold_cost_no_step) {
  const Report report = explore_all([] {
    std::mutex mutex;
    int n = 0;
    const auto increment = [&] {
      const std::lock_guard lock(mutex);
      EXPECT_GE(n, 0);
      ASSERT_LT(++n, 3) << "text that nobody needs";
      EXPECT_THROW(throw std::runtime_error("thrown"), std::runtime_error);
      SUCCEED();
    };
    parallel(increment, increment);
    EXPECT_EQ(n, 2);
  });
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_EQ(report.executions, linked_with_the_model() ? 2u : 20u);
}

TEST(Gtest, an_EXPECT_that_fails_ends_its_execution_and_no_other) {
  // l1 s1 l2 s2 in every order that keeps l before s: 6, of which 2 lose nothing.
  if (!linked_with_the_model()) GTEST_SKIP();
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { lose_an_update(n); }, [&] { lose_an_update(n); });
    EXPECT_EQ(n, 2) << "lost";
    require(n == 2, "goes on after a failed EXPECT");
  });
  EXPECT_EQ(report.executions, 6u);
  EXPECT_EQ(report.failing, 4u);
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->kind, "require");
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "Expected equality of these values: n; Which is: 1; 2; lost", report.failure->message);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "assertions.cpp:", report.failure->message);
  // The token leads to the same failure.
  Options options;
  options.name = "gtest";
  options.schedule = report.failure->schedule;
  const Report again = explore([] {
    std::atomic<int> n = 0;
    parallel([&] { lose_an_update(n); }, [&] { lose_an_update(n); });
    EXPECT_EQ(n, 2) << "lost";
  }, options);
  EXPECT_EQ(again.executions, 1u);
  EXPECT_EQ(again.failing, 1u);
}

TEST(Gtest, an_assertion_may_fail_in_any_thread) {
  if (!linked_with_the_model()) GTEST_SKIP();
  for (const bool fatal : {false, true}) {
    const Report report = explore_all([fatal] {
      std::thread([fatal] {
        if (fatal) {
          ASSERT_TRUE(choose(2) == 0);
        }
        EXPECT_TRUE(choose(2) == 0);
      }).join();
    });
    EXPECT_EQ(report.executions, fatal ? 3u : 2u);
    EXPECT_EQ(report.failing, fatal ? 2u : 1u);
  }
}

TEST(Gtest, assertions_of_the_test_itself_are_gtests) {
  int n = 0;
  EXPECT_NONFATAL_FAILURE(EXPECT_EQ(n, 1), "Which is: 0");
  EXPECT_FATAL_FAILURE(FAIL() << "on purpose", "on purpose");
}

TEST(Gtest, check_that_passes_says_nothing) {
  Options options;
  options.executions_max = 100;
  options.strategy = "random";
  check([] { parallel([] { EXPECT_TRUE(true); }, [] { EXPECT_TRUE(true); }); }, options);
}
