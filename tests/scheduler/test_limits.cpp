// What ends an exploration (explore/limits.hpp), and the counts of one that can be merged (explore/tally.hpp).
#include <catch2/catch.hpp>

#include "scheduler/explore/limits.hpp"
#include "scheduler/explore/tally.hpp"

using namespace interleave;
using namespace interleave::engine;

TEST_CASE("no limit is met where there is none") {
  const Limits none{.memory = ~std::size_t{0}};
  CHECK_FALSE(none.time_is_over(16));
  CHECK_FALSE(none.memory_is_full(std::size_t{1} << 40));
  CHECK_FALSE(none.enough(1'000'000, 1'000'000'000));
}

TEST_CASE("a limit of executions lets exactly so many begin") {
  const Limits three{.executions = 3};
  CHECK_FALSE(three.enough(0, 0));
  CHECK_FALSE(three.enough(2, 100));
  CHECK(three.enough(3, 100) == "the limit of 3 executions was met");
}

TEST_CASE("a limit of steps in all ends the exploration behind the execution that reaches it") {
  const Limits steps{.steps = 100};
  CHECK_FALSE(steps.enough(5, 99));
  CHECK(steps.enough(5, 100) == "the limit of 100 steps in all was met");
  CHECK(steps.enough(6, 140) == "the limit of 100 steps in all was met");
}

TEST_CASE("a limit of time is not met before the first execution, and is looked at seldom") {
  const Limits over{.time = std::chrono::duration<double>(1.5), .start = Limits::Clock::now() - std::chrono::hours(1)};
  CHECK_FALSE(over.time_is_over(0));
  CHECK_FALSE(over.time_is_over(17));
  CHECK(over.time_is_over(16) == "the time limit of 1.5 s was met");
  const Limits long_way{.time = std::chrono::duration<double>(3600)};
  CHECK_FALSE(long_way.time_is_over(16));
}

TEST_CASE("a limit of memory lets a strategy keep just so much") {
  const Limits limits{.memory = std::size_t{2} << 20};
  CHECK_FALSE(limits.memory_is_full(std::size_t{2} << 20));
  CHECK(limits.memory_is_full((std::size_t{2} << 20) + 1) == "the limit of 2 MiB of memory was met (INTERLEAVE_MEMORY_MB raises it)");
}

TEST_CASE("two tallies merge into that of all their executions, in either order") {
  Tally one;
  one.executions = 5, one.redundant = 1, one.cut = 2, one.failing = 3, one.rounds = 4, one.steps = 50, one.steps_longest = 20, one.threads_most = 3;
  one.undecided = 1, one.missing_writes = 2;
  one.outcomes = {{"a", 3}, {"b", 2}};
  Tally other;
  other.executions = 7, other.redundant = 10, other.cut = 20, other.failing = 30, other.rounds = 40, other.steps = 70, other.steps_longest = 10;
  other.threads_most = 5, other.undecided = 3, other.missing_writes = 4;
  other.outcomes = {{"b", 1}, {"c", 6}};
  const auto told = [](Tally into, const Tally& from) {
    into.merge(from);
    CHECK(into.undecided == 4);
    CHECK(into.missing_writes == 6);
    Report report;
    into.tell(report);
    return report;
  };
  for (const Report& report : {told(one, other), told(other, one)}) {
    CHECK(report.executions == 12);
    CHECK(report.redundant == 11);
    CHECK(report.cut == 22);
    CHECK(report.failing == 33);
    CHECK(report.rounds == 44);
    CHECK(report.steps == 120);
    CHECK(report.steps_longest == 20);
    CHECK(report.threads_most == 5);
    CHECK(report.outcomes == std::map<std::string, std::uint64_t>{{"a", 3}, {"b", 3}, {"c", 6}});
  }
}
