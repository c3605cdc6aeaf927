// Loops that change something each time round and wait all the same: locks that are given back and taken anew, threads that give way
// to each other. A thread that has come back to a state that there was before is not followed round again, so programs with finitely
// many states are searched to their end; and if no schedule leads out of such a round, that is a livelock. Who polls goes round as
// well: polling.cpp.
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "rounds.hpp"

using interleave::outcome;
using interleave::parallel;
using rounds::by_dfs;
using rounds::by_dpor;
using rounds::check_proved;

TEST_CASE("two threads that take two mutexes by std::scoped_lock are proved") {
  check_proved([] {
    std::mutex a, b;
    int n = 0;
    parallel([&] { const std::scoped_lock both(a, b); ++n; }, [&] { const std::scoped_lock both(b, a); ++n; });
    outcome(std::to_string(n));
  }, {"2"});
}

TEST_CASE("philosophers who take their forks by std::scoped_lock all dine, three and four of them") {
  for (const std::size_t count : {std::size_t{3}, std::size_t{4}}) {
    const auto report = by_dpor([count] {
      std::vector<std::mutex> forks(count);
      std::vector<int> dined(count);
      std::vector<std::function<void()>> philosophers;
      for (std::size_t i = 0; i < count; ++i) {
        philosophers.push_back([&, i] {
          const std::scoped_lock both(forks[i], forks[(i + 1) % count]);
          ++dined[i];
        });
      }
      parallel(std::move(philosophers));
      outcome(std::to_string(std::count(dined.begin(), dined.end(), 1)));
    });
    INFO(text_of(report));
    CHECK(report.complete);
    CHECK(report.failing == 0);
    CHECK(report.rounds > 0);
    CHECK(values(report) == std::set<std::string>{std::to_string(count)});
  }
}

TEST_CASE("who gives back what it has got and yields, until it gets both, is proved") {
  check_proved([] {
    std::mutex a, b;
    int n = 0;
    const auto visit = [&](std::mutex& first, std::mutex& second) {
      while (true) {
        first.lock();
        if (second.try_lock()) break;
        first.unlock();
        sched_yield();
      }
      ++n;
      second.unlock();
      first.unlock();
    };
    parallel([&] { visit(a, b); }, [&] { visit(b, a); });
    outcome(std::to_string(n));
  }, {"2"});
}

TEST_CASE("what is polled under a mutex for what never comes is a livelock that shows the way round") {
  const auto body = [] {
    std::mutex m;
    bool ready = false;
    parallel([&] { const std::lock_guard guard(m); },
             [&] {
               interleave::name_thread("waiter");
               while (true) {
                 const std::lock_guard guard(m);
                 if (ready) break;
               }
             });
  };
  const auto some = by_dpor(body), all = by_dfs(body);
  INFO(text_of(some));
  CHECK(some.complete);
  CHECK(some.failing == some.executions);
  REQUIRE(some.failure.has_value());
  CHECK(some.failure->kind == "livelock");
  CHECK(some.failure->message.find("no schedule leads on from here: waiter goes round in 2 steps: ") == 0);
  CHECK_THAT(some.failure->message, Catch::Contains("mutex lock mutex 1 (rounds.cpp:") || Catch::Contains("mutex lock m (rounds.cpp:"));
  CHECK_THAT(some.failure->message, Catch::Contains("mutex unlock mutex 1 (rounds.cpp:") || Catch::Contains("mutex unlock m (rounds.cpp:"));
  interleave::Options again{.name = "explore_all"};
  again.schedule = some.failure->schedule;
  const auto replayed = interleave::explore(body, again);
  REQUIRE(replayed.failure.has_value());
  CHECK(text_of(*replayed.failure) == text_of(*some.failure));
  CHECK(all.complete);
  CHECK(all.failing == all.executions);
  REQUIRE(all.failure.has_value());
  CHECK(all.failure->kind == "livelock");
}

TEST_CASE("two who hand a thing on to each other for ever are a livelock, whoever goes first") {
  const auto body = [] {
    std::atomic<int> spoon{0};
    std::array<std::atomic<int>, 2> hungry{1, 1};
    const auto dine = [&](int me) {
      while (hungry[static_cast<std::size_t>(me)] != 0) {
        if (spoon.load() != me) {
          sched_yield();
          continue;
        }
        if (hungry[static_cast<std::size_t>(1 - me)] != 0) {
          spoon = 1 - me;  // after you
          continue;
        }
        hungry[static_cast<std::size_t>(me)] = 0;
      }
    };
    parallel([&] { dine(0); }, [&] { dine(1); });
  };
  for (const char* strategy : {"dpor", "dfs"}) {
    const auto report = interleave::explore(body, {.name = "explore_all", .strategy = strategy, .steps_max = 5'000});
    INFO(text_of(report));
    CHECK(report.executions == 1);
    REQUIRE(report.failure.has_value());
    CHECK(report.failure->kind == "livelock");
    CHECK(report.failure->message.find("no schedule leads on from here: T1 goes round in ") == 0);
    CHECK(report.failure->message.find("; T2 goes round in ") != std::string::npos);
  }
}

TEST_CASE("two who give way to each other go round for ever only as long as they keep in step, which is no livelock") {
  check_proved([] {
    std::array<std::atomic<int>, 2> wants{0, 0};
    int n = 0;
    const auto visit = [&](std::size_t me) {
      while (true) {
        wants[me] = 1;
        if (wants[1 - me].load() == 0) break;
        wants[me] = 0;
        sched_yield();
      }
      ++n;
      wants[me] = 0;
    };
    parallel([&] { visit(0); }, [&] { visit(1); });
    outcome(std::to_string(n));
  }, {"2"});
}

TEST_CASE("what is wrong after a long way round is found") {
  // The second to come sees that the first one has been there.
  const auto body = [] {
    std::mutex m;
    int turn = 0;
    const auto visit = [&](int me) {
      while (true) {
        const std::lock_guard guard(m);
        if (turn != me) continue;
        ++turn;
        interleave::require(turn < 2);
        break;
      }
    };
    parallel([&] { visit(0); }, [&] { visit(1); });
  };
  const auto some = by_dpor(body), all = by_dfs(body);
  CHECK(some.complete);
  CHECK(some.failing == some.executions);
  CHECK(all.failing == all.executions);
  REQUIRE(some.failure.has_value());
  CHECK(some.failure->kind == "require");
}

TEST_CASE("a race on the way round is found, though who is in it leaves only later") {
  const auto body = [] {
    std::atomic<int> stop{0}, done{0}, taken{0};
    int x = 0;
    parallel([&] {
               while (true) {
                 taken = 1;
                 taken = 0;
                 if (stop.load(std::memory_order_relaxed) != 0) break;
                 (void)*const_cast<volatile int*>(&x);
               }
               done.store(1, std::memory_order_relaxed);
             },
             [&] { stop.store(1, std::memory_order_relaxed); },
             [&] {
               while (done.load(std::memory_order_relaxed) == 0) {
               }
               x = 1;
             });
  };
  const auto some = by_dpor(body);
  INFO(text_of(some));
  REQUIRE(some.failure.has_value());
  CHECK(some.failure->kind == "data-race");
}

TEST_CASE("a loop that counts its rounds in memory is followed round") {
  const auto body = [] {
    std::mutex m;
    auto rounds = std::make_unique<int>(0);
    bool ready = false;
    parallel([&] { const std::lock_guard guard(m); ready = true; },
             [&] {
               while (*rounds < 12) {
                 const std::lock_guard guard(m);
                 if (ready) break;
                 ++*rounds;
               }
             });
    outcome(std::to_string(*rounds));
  };
  const auto some = by_dpor(body), all = by_dfs(body);
  CHECK(some.complete);
  CHECK(all.complete);
  CHECK(some.outcomes.size() == 13);
  CHECK(values(some) == values(all));
}

TEST_CASE("a loop that counts its rounds without end is cut, and not taken for a livelock") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { (void)flag.load(); },
             [&] {
               for (long rounds = 0; flag.load() == 0; ++rounds) interleave::require(rounds < 1'000'000);
             });
  };
  const auto report = by_dpor(body, {.executions_max = 50, .steps_max = 500});
  CHECK(report.verdict == interleave::Verdict::incomplete);
  CHECK_FALSE(report.failure.has_value());
}

TEST_CASE("what is drawn at random is no way round") {
  // The numbers differ from round to round, though memory does not.
  const auto report = by_dpor([] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; }, [&] {
      while (flag.load() == 0 || lrand48() % 2 == 0) sched_yield();
      outcome("through");
    });
  });
  INFO(text_of(report));
  CHECK(report.verdict != interleave::Verdict::fail);
  CHECK(values(report) == std::set<std::string>{"through"});
}
