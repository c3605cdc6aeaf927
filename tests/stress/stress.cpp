#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <interleave/catch2.hpp>
#include "scheduler/stress/stress.hpp"

using namespace interleave;

TEST_CASE("a body runs 1000 times unless told otherwise") {
  int runs = 0;
  const Report report = stress([&] { ++runs; });
  CHECK(runs == 1000);
  CHECK(report.executions == 1000);
  CHECK(report.verdict == Verdict::pass);
  CHECK_FALSE(report.complete);
  CHECK(stress([] {}, {.executions_max = 3}).executions == 3);
}

TEST_CASE("a time limit ends the runs") {
  const Report report = stress([] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); },
                               {.time_max = std::chrono::milliseconds(30)});
  CHECK(report.executions >= 1);
  CHECK(report.executions <= 6);
}

TEST_CASE("runs end at the first failing one, or count them all") {
  int runs = 0;
  const auto every_third = [&] { require(++runs % 3 != 0, "a third"); };
  CHECK(stress(every_third, {.executions_max = 9}).executions == 3);
  runs = 0;
  const Report all = stress(every_third, {.executions_max = 9, .stop_at_first_failure = false});
  CHECK(all.executions == 9);
  CHECK(all.failing == 3);
  CHECK(all.verdict == Verdict::fail);
}

TEST_CASE("a failed requirement is recorded with its thread and place, and the thread goes on") {
  bool went_on = false;
  const Report report = stress([&] {
    parallel([&] {
      name_thread("culprit");
      require(false, "the first");
      require(false, "the second");
      went_on = true;
    });
  });
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "require");
  CHECK(report.failure->message == "the first");
  REQUIRE(report.failure->threads.size() == 1);
  CHECK(report.failure->threads[0].name == "culprit");
  CHECK(report.failure->threads[0].location.find("stress.cpp:") != std::string::npos);
  CHECK(went_on);
}

TEST_CASE("an exception that escapes the body, or a body of parallel, is a failure") {
  const Report from_body = stress([] { throw std::runtime_error("from the body"); });
  REQUIRE(from_body.failure);
  CHECK(from_body.failure->kind == "exception");
  CHECK(from_body.failure->message == "std::runtime_error: from the body escaped the body");

  const Report from_thread = stress([] { parallel([] {}, [] { throw 42; }); });
  REQUIRE(from_thread.failure);
  CHECK(from_thread.failure->kind == "exception");
  CHECK(from_thread.failure->message == "int escaped a body of parallel");
}

TEST_CASE("outcomes are counted, the last of a run") {
  int runs = 0;
  const Report report = stress([&] {
    outcome("overwritten");
    if (++runs % 2 == 0) outcome("even");
  }, {.executions_max = 10});
  CHECK(report.outcomes == std::map<std::string, std::uint64_t>{{"even", 5}, {"overwritten", 5}});
}

TEST_CASE("the same seed makes the same choices, in each thread of parallel") {
  const auto choices = [](std::uint64_t seed) {
    std::vector<std::size_t> made;
    stress([&] {
      std::size_t a = 0, b = 0;
      made.push_back(choose(1000));
      parallel([&] { a = choose(1000); }, [&] { b = choose(1000); });
      made.insert(made.end(), {a, b});
    }, {.seed = seed, .executions_max = 5});
    return made;
  };
  const auto made = choices(7);
  CHECK(made.size() == 15);
  CHECK(choices(7) == made);
  CHECK(choices(8) != made);
}

TEST_CASE("the seed of a failure repeats its choices in one run") {
  std::size_t found = 0;
  const auto body = [&] {
    found = choose(1'000'000);
    require(found % 10 != 0);
  };
  const Report report = stress(body, {.seed = 3});
  REQUIRE(report.failure);
  const std::size_t first = found;
  CHECK(stress(body, {.seed = report.failure->seed, .executions_max = 1}).verdict == Verdict::fail);
  CHECK(found == first);
}

TEST_CASE("choose reaches every value") {
  std::set<std::size_t> values;
  stress([&] { values.insert(choose(5)); });
  CHECK(values == std::set<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("the bodies of parallel run at the same time") {
  // Each waits for the other: one after the other they would never end.
  const Report report = stress([] {
    std::atomic<int> here = 0;
    const auto meet = [&] {
      for (++here; here < 3;) std::this_thread::yield();
    };
    parallel(meet, meet, meet);
  }, {.executions_max = 50});
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.threads_most == 4);
  CHECK(stress([] { parallel([] {}); }, {.executions_max = 3}).threads_most == 2);  // and of this body no more
}

TEST_CASE("parallel outside a run rethrows what a body threw, once all have ended") {
  std::atomic<int> ended = 0;
  CHECK_THROWS_AS(parallel([&] { throw std::out_of_range("x"); }, [&] { ++ended; }), std::out_of_range);
  CHECK(ended == 1);
}

TEST_CASE("a requirement that fails outside a run throws Failed") {
  CHECK_NOTHROW(require(true));
  CHECK_THROWS_AS(require(false, "outside"), Failed);
}

TEST_CASE("a run inside a run is refused") {
  const Report report = stress([] { stress([] {}); });
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "exception");
}

TEST_CASE("real threads are not modelled") {
  stress([] { require(!modelled()); });
  CHECK_FALSE(modelled());
}
