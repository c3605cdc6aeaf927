// FRAMEWORK doctest: assertions of doctest inside a body, in any of its threads, in both worlds.
#include <interleave/doctest.hpp>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

using namespace interleave;

namespace {

// Runs a body whose assertion fails for one of two values of choose; gives what is said of it.
std::string finding(const std::function<void()>& body) {
  const Report report = explore(body, {.name = "doctest", .executions_max = modelled() ? 0u : 100u, .stop_at_first_failure = false});
  CHECK(report.failing > 0);
  if (!report.failure) return "none";
  CHECK(report.failure->kind == "require");
  return report.failure->message;
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

int thrower(std::size_t what) {
  if (what == 1) throw std::runtime_error("thrown");
  if (what == 2) throw 2;
  return 0;
}

void nested(std::size_t v) { CHECK_MESSAGE(v == 0, "v is ", v); }

}  // namespace

TEST_CASE("each assertion that fails is its execution's failure, with its text") {
  CHECK(says(finding([] { CHECK(choose(2) == 0); }), "CHECK( choose(2) == 0 ): expands to 1 == 0"));
  CHECK(says(finding([] { CHECK_FALSE(choose(2) == 0); }), "CHECK_FALSE( choose(2) == 0 )"));
  CHECK(says(finding([] { REQUIRE(choose(2) == 0); }), "REQUIRE( choose(2) == 0 ): expands to 1 == 0"));
  CHECK(says(finding([] { CHECK_EQ(choose(2), 0u); }), "CHECK_EQ( choose(2), 0u ): expands to 1, 0"));
  CHECK(says(finding([] { CHECK_LT(choose(2), 1u); }), "CHECK_LT("));
  CHECK(says(finding([] { CHECK_GE(0u, choose(2)); }), "CHECK_GE("));
  CHECK(says(finding([] { CHECK_UNARY(choose(2)); }), "CHECK_UNARY("));
  CHECK(says(finding([] { CHECK_UNARY_FALSE(choose(2)); }), "CHECK_UNARY_FALSE("));
  CHECK(says(finding([] { CHECK_THROWS(thrower(choose(2))); }), "CHECK_THROWS( thrower(choose(2)) ): no exception"));
  CHECK(says(finding([] { CHECK_THROWS_AS(thrower(1 + choose(2)), std::runtime_error); }), "CHECK_THROWS_AS("));
  CHECK(says(finding([] { CHECK_THROWS_WITH(thrower(1), choose(2) == 0 ? "thrown" : "other"); }), "CHECK_THROWS_WITH("));
  CHECK(says(finding([] { CHECK_NOTHROW(thrower(choose(2))); }), "CHECK_NOTHROW( thrower(choose(2)) ): threw \"thrown\""));
  CHECK(says(finding([] { CHECK(thrower(choose(2)) == 0); }), "threw \"thrown\""));
  CHECK(says(finding([] { CHECK(doctest::Approx(1.0 + static_cast<double>(choose(2))) == 1.0); }), "Approx( 2 )"));
  CHECK(says(finding([] { if (choose(2) == 1) FAIL("told ", 3); }), "FAIL( told 3 )"));
  CHECK(says(finding([] { if (choose(2) == 1) FAIL_CHECK("told ", 3); }), "FAIL_CHECK( told 3 )"));
}

TEST_CASE("an assertion that fails in a nested function, a thread or a subcase is a failure with its context") {
  CHECK(says(finding([] { std::thread([] { nested(choose(2)); }).join(); }), "CHECK( v == 0 ): expands to 1 == 0; v is 1"));
  CHECK(says(finding([] { INFO("context ", 7); const int k = 5; CAPTURE(k); CHECK(choose(2) == 0); }), "; context 7; k := 5"));
  CHECK(says(finding([] { SUBCASE("inner") { CHECK(choose(2) == 0); } }), "CHECK( choose(2) == 0 )"));
  CHECK(says(finding([] { SUBCASE("first") {} SUBCASE("second") { CHECK(choose(2) == 0); } }), "CHECK( choose(2) == 0 )"));
}

TEST_CASE("assertions that hold, warnings and messages cost no step and no failure") {
  const Report report = explore([] {
    std::atomic<int> n = 0;
    const auto increment = [&] {
      WARN(1 == 2);
      MESSAGE("nobody needs this");
      ++n;
      CHECK(true);
      REQUIRE_THROWS_AS(thrower(1), std::runtime_error);
    };
    parallel(increment, increment);
    CHECK(n == 2);
  }, {.executions_max = 20});
  CHECK(report.failing == 0);
  CHECK(report.steps_longest <= 3);
}

TEST_CASE("assertions of the test itself are doctest's, also between explorations") {
  int entered = 0;
  SUBCASE("a") { ++entered; }
  SUBCASE("b") {
    explore([] { CHECK(choose(2) == 0); }, {.executions_max = 100});
    ++entered;
  }
  CHECK(entered == 1);
}
