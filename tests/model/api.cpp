// The public interface, seen from a test.
#include "../said.hpp"
#include "explored.hpp"
#include "lossy.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include <semaphore.h>
#include <unistd.h>

using namespace interleave;

// ---- inside a body ------------------------------------------------------------------------------------------------------------

TEST_CASE("require ends the execution at once, from any thread") {
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; require(n.load() == 0, "not any more"); outcome("went on"); }, [&] { ++n; });
    outcome("ended");
  });
  // i l of the first and i of the second: l is preceded by the own i, so every order fails:  il  i2l  2il: three ways.
  CHECK_FAILS(report, 3u, 3u, "require");
  CHECK_OUTCOMES(report, {});
  CHECK_THAT(report.failure->message, Catch::Contains("not any more") && Catch::Contains("api.cpp:"));
}

TEST_CASE("a require that holds is nothing") {
  const Report report = explore_all([] { require(true, "never seen"); });
  CHECK_HOLDS(report, 1u);
  CHECK(report.steps == 0);
}

TEST_CASE("choose explores every value") {
  const Report four = explore_all([] { outcome(std::to_string(choose(4))); });
  CHECK_HOLDS(four, 4u);
  CHECK_OUTCOMES(four, {{"0", 1}, {"1", 1}, {"2", 1}, {"3", 1}});
  const Report one = explore_all([] { outcome(std::to_string(choose(1))); });
  CHECK_OUTCOMES(one, {{"0", 1}});
  const Report pairs = explore_all([] {
    const auto a = choose(3), b = choose(2);
    outcome(std::to_string(a) + std::to_string(b));
  });
  CHECK_HOLDS(pairs, 6u);
  CHECK(pairs.outcomes.size() == 6);
  // Dependent choices: 1 + 2 + 3.
  CHECK_HOLDS(explore_all([] { choose(choose(3) + 1); }), 6u);
}

TEST_CASE("choosing from nothing is a misuse") {
  CHECK_FAILS(explore_all([] { choose(0); }), 1u, 1u, "misuse");
}

TEST_CASE("a later outcome replaces an earlier one, and executions without one are not counted") {
  const Report report = explore_all([] {
    if (choose(3) == 0) return;
    outcome("first");
    if (choose(2) == 0) outcome("second");
  });
  CHECK_HOLDS(report, 5u);
  CHECK_OUTCOMES(report, {{"first", 2}, {"second", 2}});
}

TEST_CASE("failing executions count their outcomes, too") {
  const Report report = explore_all([] {
    outcome("before");
    std::mutex mutex;
    mutex.lock();
    mutex.lock();
  });
  CHECK_FAILS(report, 1u, 1u, "deadlock");
  CHECK_OUTCOMES(report, {{"before", 1}});
}

TEST_CASE("notes and names appear in the trace, and are no steps") {
  const Report report = explore_all([] {
    name_thread("body");
    std::atomic<int> n = 0;
    parallel([&] { name_thread("writer"); note("about to write"); n = 1; });
    require(false);
  });
  CHECK_FAILS(report, 1u, 1u, "require");
  CHECK(report.steps == 1);
  bool noted = false, stored = false;
  for (const TraceEvent& event : report.failure->trace) {
    noted |= event.thread == "writer" && event.operation.find("about to write") != std::string::npos;
    stored |= event.thread == "writer" && event.operation.find("store") != std::string::npos;
    CHECK_THAT(event.location, Catch::Contains("api.cpp:"));
  }
  CHECK(noted);
  CHECK(stored);
  CHECK(report.failure->trace.size() == 2);
  REQUIRE(report.failure->threads.size() == 2);
  CHECK(report.failure->threads[0].name == "body");
  CHECK(report.failure->threads[1].name == "writer");
}

TEST_CASE("a trace shows each step once, in order, with what it did and where") {
  const Report report = explore_all([] {
    std::atomic<int> n = 5;
    n.store(6);
    const int seen = n.load();
    n.fetch_add(seen);
    require(false);
  });
  REQUIRE(report.failure);
  const auto& trace = report.failure->trace;
  REQUIRE(trace.size() == 3);
  const char* const operations[] = {"store <- 6", "load -> 6", "fetch-modify <- 12"};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(trace[i].step == i + 1);
    CHECK(trace[i].thread == "main");
    CHECK(trace[i].operation == operations[i]);
    CHECK(trace[i].object == trace[0].object);
    CHECK_THAT(trace[i].location, Catch::Contains("api.cpp:"));
    if (i > 0) CHECK(trace[i].location != trace[i - 1].location);
  }
}

TEST_CASE("a trace names no address: a pointer's value differs between processes") {
  const Report report = explore_all([] {
    std::atomic<int*> pointer = nullptr;
    parallel([&] { pointer.store(new int(1)); }, [&] { require(pointer.load() == nullptr); });
  });
  REQUIRE(report.failure);
  CHECK(report.failure->trace.size() == 2);
  for (const TraceEvent& event : report.failure->trace) {
    INFO(event.operation);
    CHECK(event.operation.size() < std::string("load -> 1000000000").size());
  }
}

TEST_CASE("modelled says where we are") {
  CHECK_FALSE(modelled());
  CHECK_HOLDS(explore_all([] {
    require(modelled());
    std::thread([] { require(modelled()); }).join();
  }), 1u);
  CHECK_FALSE(modelled());
}

// ---- explorations -------------------------------------------------------------------------------------------------------------

TEST_CASE("an exploration inside an exploration is refused") {
  CHECK_HOLDS(explore_all([] {
    bool refused = false;
    try {
      explore([] {});
    } catch (const std::logic_error&) {
      refused = true;
    }
    require(refused);
  }), 1u);
  CHECK_FAILS(explore_all([] { check([] {}); }), 1u, 1u, "exception");
  CHECK_HOLDS(explore_all([] {}), 1u);
}

TEST_CASE("explore never throws for a failing program, and takes a body by value") {
  CHECK_NOTHROW(explore([] { throw std::runtime_error("from the body"); }));
  const Report report = explore(lossy);
  CHECK(report.verdict == Verdict::fail);
}

TEST_CASE("check passes silently where all is well") {
  check([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] { ++n; });
    REQUIRE(n == 2);
  });
}

TEST_CASE("check fails the test with its token", "[!shouldfail]") { check(lossy); }

TEST_CASE("check fails the test if the search could not be completed", "[!shouldfail]") {
  Options options;
  options.executions_max = 1;
  check([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] { ++n; });
  }, options);
}

// ---- what is done by default ---------------------------------------------------------------------------------------------------

TEST_CASE("a fresh seed is printed before anything runs; one that was given, or means nothing, is not") {
  Report report;
  const auto body = [] { outcome(std::to_string(choose(1000))); };
  const auto drawn = [&](Options options) {
    return said_on_stderr([&] { report = explore(body, options); });
  };
  const std::string said = drawn({.name = "draws", .strategy = "random", .executions_max = 3});
  const std::string seed = std::to_string(report.seed);
  const std::string pass = "interleave: draws  sampled: 3 executions (random, seed " + seed + "), none fails; this proves nothing\n";
  CHECK(said == "interleave: draws  strategy random  seed " + seed + "\n" + pass);
  const auto outcomes = report.outcomes;
  CHECK(drawn({.name = "draws", .strategy = "random", .seed = report.seed, .executions_max = 3}) == pass);
  CHECK(report.outcomes == outcomes);
  CHECK(drawn({.name = "searches"}) == "interleave: searches  proved: all 1,000 executions pass\n");
}

namespace {

// How long the default search goes on, for the length of a scope.
struct SearchSteps {
  explicit SearchSteps(const char* steps) { setenv("INTERLEAVE_SEARCH_STEPS", steps, 1); }
  ~SearchSteps() { unsetenv("INTERLEAVE_SEARCH_STEPS"); }
};

}  // namespace

TEST_CASE("by default a body is searched; where that takes too long, executions are drawn, and said to prove nothing") {
  const auto body = [] {
    std::atomic<int> n = 0;
    const auto work = [&] { ++n, ++n, ++n; };
    parallel(work, work);
    outcome(std::to_string(n));
  };
  const Report search = explore(body);
  CHECK_HOLDS(search, 20u);
  CHECK(search.strategy == "dpor");
  CHECK(search.steps == 140u);  // seven of each

  Report report;
  std::string said;
  {
    const SearchSteps enough("140");
    said = said_on_stderr([&] { report = explore(body); });
    CHECK(said.ends_with("  proved: all 20 executions pass\n"));
    CHECK_HOLDS(report, 20u);
  }
  {
    const SearchSteps few("70");  // ten executions
    said = said_on_stderr([&] { report = explore(body, {.seed = 5}); });
    CHECK(said.starts_with("interleave: api.cpp:"));
    CHECK(said.find("not ended after 70 steps, so 10,000 executions are drawn instead, which proves nothing") != said.npos);
    CHECK(said.find("strategy auto  seed 5\n") != said.npos);
    CHECK(said.ends_with("  sampled: 10,010 executions (auto, seed 5), none fails; this proves nothing\n"));
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    CHECK(report.executions == 10'010u);
    CHECK(names_of(report.outcomes) == names_of(search.outcomes));
    // What names a strategy or a limit is done as asked.
    CHECK(explore(body, {.strategy = "dpor"}).complete);
    CHECK(explore(body, {.executions_max = 15}).verdict == Verdict::incomplete);
  }
}

TEST_CASE("the default search gives way to sampling after a time of the processor, which a variable sets") {
  const auto variable = [](const char* name, const char* value) { setenv(name, value, 1); };
  const auto body = [] {
    std::atomic<int> n = 0;
    const auto work = [&] {
      for (int i = 0; i < 8; ++i) ++n;
    };
    parallel(work, work, work);
    outcome(std::to_string(n));
  };
  const auto small = [] {
    std::atomic<int> n = 0;
    const auto work = [&] { ++n, ++n, ++n; };
    parallel(work, work);
  };
  Report report;
  variable("INTERLEAVE_SEARCH_TIME", "10ms");
  const std::string said = said_on_stderr([&] { report = explore(body, {.seed = 5}); });
  CHECK(said.find("not ended after 0.01 s of processor time, so 10,000 executions are drawn instead, which proves nothing") != said.npos);
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.strategy == "auto");
  CHECK(report.executions > 10'000u);
  CHECK(report.outcomes.at("24") == report.executions);
  // What names a limit is done as asked.
  CHECK(explore(body, {.executions_max = 15}).executions == 15u);
  // Of two budgets the one that is met first counts.
  {
    const SearchSteps few("70");
    CHECK(explore(small, {.seed = 5}).executions == 10'012u);  // 12 of the search
  }
  // None.
  variable("INTERLEAVE_SEARCH_TIME", "0");
  CHECK_HOLDS(explore(small), 20u);
  unsetenv("INTERLEAVE_SEARCH_TIME");
}

TEST_CASE("parallel: bodies that can only be moved, and bodies that are named, run where they are", "[model]") {
  const Report report = explore([] {
    std::atomic<int> n{0};
    auto named = [&n, by = std::make_unique<int>(1)] { n += *by; };
    parallel(named, [&n, by = std::make_unique<int>(2)] { n += *by; });
    require(n == 3);
  });
  CHECK_HOLDS(report, 2u);
}
