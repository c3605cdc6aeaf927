// FRAMEWORK boost: assertions of Boost.Test inside a body, in any of its threads, in both worlds.
#define BOOST_TEST_MODULE assertions of Boost.Test
#include <interleave/boost.hpp>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace interleave;

namespace {

// Runs a body whose assertion fails for one of two values of choose, and looks for `part` in what is said of it.
void finds(const std::string& part, const std::function<void()>& body) {
  const Report report = explore(body, {.name = "boost", .executions_max = 100, .stop_at_first_failure = false});
  BOOST_TEST_REQUIRE(report.failing > 0, "nothing was found: " << part);
  BOOST_TEST(report.failure->kind == "require");
  BOOST_TEST(report.failure->message.find(part) != std::string::npos, report.failure->message);
}

void thrower(std::size_t what) {
  if (what == 1) throw std::runtime_error("thrown");
}

bool even(std::size_t n) { return n % 2 == 0; }

void nested(std::size_t v) { BOOST_CHECK_MESSAGE(v == 0, "v is " << v); }

}  // namespace

BOOST_AUTO_TEST_CASE(each_assertion_that_fails_is_its_executions_failure) {
  finds("check choose(2) == 0 has failed", [] { BOOST_CHECK(choose(2) == 0); });
  finds("critical check choose(2) == 0 has failed", [] { BOOST_REQUIRE(choose(2) == 0); });
  finds("check choose(2) == 0 has failed [1 != 0]", [] { BOOST_TEST(choose(2) == 0); });
  finds("critical check choose(2) == 0 has failed [1 != 0]", [] { BOOST_TEST_REQUIRE(choose(2) == 0); });
  finds("my text 4", [] { BOOST_TEST(choose(2) == 0, "my text " << 4); });
  finds("check choose(2) == 0u has failed [1 != 0]", [] { BOOST_CHECK_EQUAL(choose(2), 0u); });
  finds("check choose(2) < 1u has failed [1 >= 1]", [] { BOOST_CHECK_LT(choose(2), 1u); });
  finds("exception std::runtime_error expected but not raised", [] { BOOST_CHECK_THROW(thrower(choose(2)), std::runtime_error); });
  finds("unexpected exception thrown by thrower(choose(2))", [] { BOOST_CHECK_NO_THROW(thrower(choose(2))); });
  finds("difference{1} between", [] { BOOST_CHECK_CLOSE(1.0 + static_cast<double>(choose(2)), 1.0, 0.1); });
  finds("absolute value of", [] { BOOST_CHECK_SMALL(static_cast<double>(choose(2)), 0.1); });
  finds("check even( choose(2) ) has failed for ( 1 )", [] { BOOST_CHECK_PREDICATE(even, (choose(2))); });
  finds("an error", [] { if (choose(2) == 1) BOOST_ERROR("an error"); });
  finds("the end", [] { if (choose(2) == 1) BOOST_FAIL("the end"); });
}

BOOST_AUTO_TEST_CASE(collections_that_differ_are_a_failure_with_the_position) {
  const auto two = [](std::size_t last) { return std::vector<std::size_t>{1, last}; };
  finds("mismatch at position 1: [2 == 3] is false", [&] {
    const auto a = two(2), b = two(2 + choose(2));
    BOOST_TEST(a == b, boost::test_tools::per_element());
  });
  finds("Mismatch at position 1: 2 != 3", [&] {
    const auto a = two(2), b = two(2 + choose(2));
    BOOST_CHECK_EQUAL_COLLECTIONS(a.begin(), a.end(), b.begin(), b.end());
  });
}

BOOST_AUTO_TEST_CASE(assertions_in_nested_functions_and_threads_fail_the_execution) {
  finds("v is 1", [] { std::thread([] { nested(choose(2)); }).join(); });
  finds("critical check", [] { std::thread([] { BOOST_REQUIRE(choose(2) == 0); }).join(); });
}

BOOST_AUTO_TEST_CASE(what_holds_and_what_only_warns_costs_no_step) {
  const Report report = explore([] {
    std::atomic<int> n = 0;
    const auto increment = [&] {
      BOOST_WARN(1 == 2);
      BOOST_TEST_CONTEXT("context " << 7) { BOOST_TEST(true); }
      ++n;
      BOOST_REQUIRE_THROW(thrower(1), std::runtime_error);
    };
    parallel(increment, increment);
    BOOST_TEST(n == 2);
  }, {.executions_max = 20});
  BOOST_TEST(report.failing == 0u);
  BOOST_TEST(report.steps_longest <= 3u);
}
