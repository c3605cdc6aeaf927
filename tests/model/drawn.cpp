// Executions that are drawn beside a search that takes long.
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>

#include "../said.hpp"
#include "explored.hpp"

using namespace interleave;

namespace {

struct Variable {
  Variable(const char* name, const char* value) : name(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name); }
  const char* name;
};

// More orders than anybody can make. It fails if the last thread comes first, which a search looks at last.
void late_failure() {
  std::atomic<int> n{0}, first{0};
  const auto work = [&] {
    int none = 0;
    first.compare_exchange_strong(none, 1);
    for (int i = 0; i < 10; ++i) ++n;
  };
  parallel(work, work, [&] {
    int none = 0;
    const bool came_first = first.compare_exchange_strong(none, 3);
    for (int i = 0; i < 10; ++i) ++n;
    require(!came_first);
  });
}

// Four operations of three threads on one atomic object: 34,650 orders, each of which takes longer for a loop that makes no step.
void takes_a_while() {
  std::atomic<int> n{0};
  unsigned sum = 0;
  const auto work = [&] {
    for (int i = 0; i < 4; ++i) ++n;
  };
  parallel(work, work, work);
  for (unsigned i = 0; i < 20; ++i) sum = sum * 3 + i;
  outcome(std::to_string(n) + " " + std::to_string(sum));
}

}  // namespace

TEST_CASE("a failure that the search would come to late is drawn, and reported with its seed, its strategy and its token") {
  Report report;
  const std::string said = said_on_stderr([&] { report = explore(late_failure, {.name = "late", .seed = 5}); });
  INFO(said << text_of(report));
  CHECK(said == "interleave: late  the search has not ended after 0.2 s, so executions are drawn beside it for 1 s  strategy auto  seed 5\n");
  REQUIRE(report.verdict == Verdict::fail);
  CHECK(report.strategy == "dpor");
  CHECK(report.drawn_executions > 0u);
  CHECK(report.drawn_seed == 5u);
  CHECK(report.failing == 1u);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "require");
  REQUIRE(report.failure->seed != 0u);
  CHECK(report.failure->trace.size() == report.failure->step);

  const Report by_token = explore(late_failure, {.name = "late", .schedule = report.failure->schedule});
  REQUIRE(by_token.failure);
  CHECK(text_of(*by_token.failure) == text_of(*report.failure));
  const Report by_seed = explore(late_failure, {.name = "late", .strategy = report.failure->strategy, .seed = report.failure->seed, .executions_max = 1});
  REQUIRE(by_seed.failure);
  CHECK(text_of(*by_seed.failure) == text_of(*report.failure));
  // The same draw, by itself.
  const Report drawn = explore(late_failure, {.name = "late", .strategy = "auto", .seed = 5});
  REQUIRE(drawn.failure);
  CHECK(drawn.executions == report.drawn_executions);
  CHECK(drawn.failure->seed == report.failure->seed);
  CHECK(drawn.failure->schedule == report.failure->schedule);
}

TEST_CASE("a search that ends comes to what it comes to alone, whatever was drawn beside it") {
  const Report alone = explore(takes_a_while, {.name = "while", .strategy = "dpor"}), beside = explore(takes_a_while, {.name = "while"});
  INFO(text_of(beside));
  CHECK_HOLDS(beside, 34'650u);
  CHECK(alone.drawn_executions == 0u);
  CHECK(alone.executions == beside.executions);
  CHECK(alone.redundant == beside.redundant);
  CHECK(alone.steps == beside.steps);
  CHECK(alone.steps_longest == beside.steps_longest);
  CHECK(alone.outcomes == beside.outcomes);
  CHECK(alone.witnesses == beside.witnesses);
  CHECK(beside.drawn_executions > 0u);
}

TEST_CASE("nothing is drawn where steps are the budget, all failures are asked for, a strategy is named, or a variable forbids it") {
  const auto drawn = [](Options options) {
    options.name = "while";
    return explore(takes_a_while, options).drawn_executions;
  };
  CHECK(drawn({.stop_at_first_failure = false}) == 0u);
  CHECK(drawn({.strategy = "dpor"}) == 0u);
  {
    const Variable steps("INTERLEAVE_SEARCH_STEPS", "0");
    CHECK(drawn({}) == 0u);
  }
  const Variable none("INTERLEAVE_DRAW_TIME", "0");
  CHECK(drawn({}) == 0u);
}

TEST_CASE("what is drawn instead of a search that does not end is not what was drawn beside it") {
  const Variable budget("INTERLEAVE_SEARCH_TIME", "300ms"), brief("INTERLEAVE_DRAW_TIME", "50ms");
  Report report;
  const auto body = [] {
    std::atomic<int> n{0};
    const auto work = [&] {
      for (int i = 0; i < 10; ++i) ++n;
    };
    parallel(work, work, work);
  };
  const std::string said = said_on_stderr([&] { report = explore(body, {.name = "both", .seed = 5}); });
  INFO(said);
  CHECK_THAT(said, Catch::Contains("drawn beside it for 0.05 s  strategy auto  seed 5\n") && Catch::Contains("10,000 executions are drawn instead"));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.drawn_executions > 0u);
  CHECK(report.drawn_seed == 5u);
  CHECK(report.seed != 5u);
}

TEST_CASE("a drawn deadlock, and a drawn failure where races are explored, replay from their tokens") {
  const auto deadlock = [] {
    std::atomic<int> n{0};
    std::mutex a, b;
    const auto work = [&] {
      for (int i = 0; i < 10; ++i) ++n;
    };
    parallel(work, [&] {
      work();
      const std::lock_guard<std::mutex> first(a);
      const std::lock_guard<std::mutex> second(b);
    }, [&] {
      work();
      const std::lock_guard<std::mutex> first(b);
      const std::lock_guard<std::mutex> second(a);
    });
  };
  const auto torn = [] {
    std::atomic<int> n{0};
    int a = 0, b = 0;
    const auto work = [&] {
      for (int i = 0; i < 10; ++i) ++n;
    };
    parallel(work, [&] {
      a = 1;
      work();
      b = 1;
    }, [&] {
      const bool first = b == 1;
      work();
      require(!(first && a == 1));
    });
  };
  const auto looks = [](const std::function<void()>& body, const std::string& kind, const char* races) {
    const Report report = explore(body, {.name = kind, .seed = 7, .races = races});
    INFO(text_of(report));
    REQUIRE(report.failure);
    CHECK(report.failure->kind == kind);
    const Report again = explore(body, {.name = kind, .schedule = report.failure->schedule, .races = races});
    REQUIRE(again.failure);
    CHECK(text_of(*again.failure) == text_of(*report.failure));
  };
  looks(deadlock, "deadlock", "fail");
  looks(torn, "require", "explore");
}
