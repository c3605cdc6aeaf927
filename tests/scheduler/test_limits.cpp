// What ends an exploration (explore/limits.hpp), and the counts of one that can be merged (explore/tally.hpp).
#include <catch2/catch.hpp>

#include "scheduler/explore/limits.hpp"
#include "scheduler/explore/pace.hpp"
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

TEST_CASE("a limit of processor time is met by what was used, and there is none unless it is set") {
  using std::chrono::duration;
  const Limits half{.processor_time = duration<double>(0.5)};
  CHECK_FALSE(half.processor_time_is_over(duration<double>(0.49)));
  CHECK(half.processor_time_is_over(duration<double>(0.5)) == "the limit of 0.5 s of processor time was met");
  CHECK_FALSE(Limits{}.processor_time_is_over(duration<double>(1e9)));
}

TEST_CASE("a process that has a deadline has a tenth of its time for the report, and 10 s at most") {
  using std::chrono::duration;
  const Limits::Clock::time_point start{};
  const auto after = [&](double seconds) { return start + std::chrono::duration_cast<Limits::Clock::duration>(duration<double>(seconds)); };
  CHECK_FALSE(deadline_of(start, duration<double>(0)));
  CHECK(deadline_of(start, duration<double>(20)) == after(18));
  CHECK(deadline_of(start, duration<double>(1500)) == after(1490));
  CHECK(deadline_of(start, duration<double>(1e300)) > after(1e9));
  const Limits limits{.deadline = after(18)};
  CHECK_FALSE(limits.deadline_is_near(after(17.9)));
  CHECK(limits.deadline_is_near(after(18)) == "the time that INTERLEAVE_DEADLINE gives this process (a test's TIMEOUT) was about to end");
  CHECK_FALSE(Limits{}.deadline_is_near(after(1e9)));
}

TEST_CASE("a process knows when it was started") {
  CHECK(start_of_process() <= Limits::Clock::now());
  CHECK(start_of_process() == start_of_process());
}

TEST_CASE("clocks are looked at often where executions are long, and seldom where they are short") {
  const auto looks = [](double seconds_each, std::uint64_t executions) {
    Pace pace;
    std::uint64_t looks = 0;
    for (std::uint64_t begun = 0; begun < executions; ++begun) {
      if (!pace.due(begun)) continue;
      ++looks;
      pace.looked(begun, std::chrono::duration<double>(static_cast<double>(begun) * seconds_each));
    }
    return looks;
  };
  CHECK(looks(1, 100) == 99);  // not before the first
  const std::uint64_t of_short = looks(1e-6, 10'000'000);  // ten seconds
  CHECK(of_short > 10'000 / 40);
  CHECK(of_short < 10'000 / 8);
  // From short to long and back.
  Pace pace;
  double now = 0;
  std::uint64_t begun = 0, looked = 0;
  for (; begun < 1'000'000; ++begun, now += 1e-6)
    if (pace.due(begun)) pace.looked(begun, std::chrono::duration<double>(now));
  for (; begun < 1'200'000; ++begun, now += 1)
    if (pace.due(begun)) pace.looked(begun, std::chrono::duration<double>(now)), ++looked;
  CHECK(looked > 150'000);
}
