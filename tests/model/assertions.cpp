// Assertions of Catch2 inside a body: one that fails fails that execution, in whichever thread, and Catch2 does not hear of it.
// What Catch2 hears of is the exploration's verdict.
#include "explored.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

using namespace interleave;

namespace {

// A body whose four failing interleavings fail in the thread that runs `assertion`.
Report explore_with(const std::function<void(int)>& assertion) {
  return explore_all([&] {
    std::atomic<int> n = 0;
    parallel([&] { n = n + 1; }, [&] { n = n + 1; });
    assertion(n.load());
  });
}

}  // namespace

TEST_CASE("a failing assertion fails its execution and no other, and the surrounding test goes on") {
  const Report required = explore_with([](int n) { REQUIRE(n == 2); });
  CHECK_FAILS(required, 6u, 4u, "require");
  CHECK_THAT(required.failure->message, Catch::Contains("n == 2") && Catch::Contains("1 == 2") && Catch::Contains("assertions.cpp:"));
  const Report checked = explore_with([](int n) { CHECK(n == 2); });
  CHECK_FAILS(checked, 6u, 4u, "require");
  const Report negated = explore_with([](int n) { CHECK_FALSE(n == 1); });
  CHECK_FAILS(negated, 6u, 4u, "require");
}

TEST_CASE("an assertion that holds is nothing") {
  const Report report = explore_with([](int n) { REQUIRE(n > 0); CHECK(n < 3); SUCCEED("of course"); });
  CHECK_HOLDS(report, 6u);
}

TEST_CASE("a CHECK that fails ends the execution as a REQUIRE does") {
  const Report report = explore_all([] {
    CHECK(1 == 2);
    outcome("went on");
  });
  CHECK_FAILS(report, 1u, 1u, "require");
  CHECK_OUTCOMES(report, {});
}

TEST_CASE("a CHECK_NOFAIL that fails does not") {
  const Report report = explore_all([] {
    CHECK_NOFAIL(1 == 2);
    outcome("went on");
  });
  CHECK_HOLDS(report, 1u);
  CHECK_OUTCOMES(report, {{"went on", 1}});
}

TEST_CASE("an assertion may fail on any thread, in several at once") {
  const Report on_thread = explore_all([] { std::thread([] { REQUIRE(false); }).join(); });
  CHECK_FAILS(on_thread, 1u, 1u, "require");
  // The first to step fails: both orders, whoever it is.
  const Report both = explore_all([] {
    const auto fails = [] {
      std::this_thread::yield();
      REQUIRE(false);
    };
    parallel(fails, fails);
  });
  CHECK_FAILS(both, 2u, 2u, "require");
}

TEST_CASE("FAIL, thrown and missing exceptions are findings as well") {
  CHECK_FAILS(explore_all([] { FAIL("given up"); }), 1u, 1u, "require");
  CHECK_FAILS(explore_all([] { REQUIRE_THROWS(1 + 1); }), 1u, 1u, "require");
  CHECK_FAILS(explore_all([] { REQUIRE_NOTHROW(throw std::runtime_error("thrown")); }), 1u, 1u, "require");
  CHECK_FAILS(explore_all([] { CHECK_THROWS_AS(throw 1, std::runtime_error); }), 1u, 1u, "require");
  CHECK_FAILS(explore_all([] { REQUIRE([]() -> bool { throw std::runtime_error("inside"); }()); }), 1u, 1u, "require");
  CHECK_HOLDS(explore_all([] {
    REQUIRE_THROWS_AS(throw std::runtime_error("as it should"), std::runtime_error);
    REQUIRE_NOTHROW(1 + 1);
    REQUIRE_THROWS_WITH(throw std::runtime_error("as it should"), "as it should");
  }), 1u);
}

TEST_CASE("an assertion's operands may make steps") {
  //     load of n beside two increments: 3 places, and those that see 2 fail
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n, ++n; }, [&] { REQUIRE(n < 2); });
  });
  CHECK_FAILS(report, 3u, 1u, "require");
}

TEST_CASE("INFO becomes a note of the trace") {
  const Report report = explore_all([] {
    INFO("the answer is " << 42);
    REQUIRE(false);
  });
  CHECK_FAILS(report, 1u, 1u, "require");
  bool noted = false;
  for (const auto& event : report.failure->trace) noted |= event.operation.find("the answer is 42") != std::string::npos;
  CHECK(noted);
}

TEST_CASE("a REQUIRE replays from its token") {
  Options options;
  options.name = "assertions";
  const auto body = [] {
    std::atomic<int> n = 0;
    parallel([&] { n = n + 1; }, [&] { n = n + 1; });
    REQUIRE(n == 2);
  };
  const Report found = explore(body, options);
  REQUIRE(found.failure);
  options.schedule = found.failure->schedule;
  const Report again = explore(body, options);
  REQUIRE(again.failure);
  CHECK(text_of(*again.failure) == text_of(*found.failure));
}

TEST_CASE("Catch2's counters are not touched by assertions in bodies, passing or failing", "[counters]") {
  const auto before = Catch::getResultCapture().lastAssertionPassed();
  explore_with([](int n) { REQUIRE(n == 2); });
  explore_all([] { CHECK(true); });
  CHECK(Catch::getResultCapture().lastAssertionPassed() == before);
}
