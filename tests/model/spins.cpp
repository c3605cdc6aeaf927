// Threads that wait by spinning: proved, not cut. An execution in which a thread goes round once more is the same as one in which it
// does not, so these programs have finitely many executions. That a thread has gone round is known when it has done so for the
// second time, so in the executions counted here each wait goes round not at all or once.
#include <pthread.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <stop_token>
#include <thread>

#include "spinning.hpp"

using interleave::outcome;
using interleave::parallel;

TEST_CASE("waiting for a flag by spinning is proved, and what the flag publishes is there") {
  const auto body = [] {
    std::atomic<int> flag{0};
    int data = 0;
    parallel([&] { data = 1; flag = 1; },
             [&] {
               while (flag.load() == 0) {
               }
               outcome(std::to_string(data));
             });
  };
  // The flag is set before the first look, before the second, or later: then the waiter is not offered until it is.
  const auto all = explore_all(body);
  CHECK_HOLDS(all, 3u);
  const auto some = by_dpor(body);
  CHECK_HOLDS(some, 2u);
  CHECK(some.redundant == 1);
  CHECK(values(some) == std::set<std::string>{"1"});
}

TEST_CASE("a missing release is a race also where the reader spins") {
  const auto report = by_dpor([] {
    std::atomic<int> flag{0};
    int data = 0;
    parallel([&] { data = 1; flag.store(1, std::memory_order_relaxed); },
             [&] {
               while (flag.load() == 0) {
               }
               outcome(std::to_string(data));
             });
  });
  REQUIRE(report.failure.has_value());
  CHECK(report.failure->kind == "data-race");
}

TEST_CASE("spinning for what never comes is a livelock that names the loop") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { (void)flag.load(); },
             [&] {
               interleave::name_thread("waiter");
               while (flag.load() == 0) sched_yield();
             });
  };
  const auto some = by_dpor(body);
  CHECK_FAILS(some, 1u, 1u, "livelock");
  CHECK(some.failure->message.find("waiter spins for ever at spins.cpp:") == 0);
  CHECK_THAT(some.failure->message, Catch::Contains("nobody is left to change atomic 1") || Catch::Contains("nobody is left to change flag"));
  interleave::Options again{.name = "explore_all"};
  again.schedule = some.failure->schedule;
  const auto replayed = interleave::explore(body, again);
  REQUIRE(replayed.failure.has_value());
  CHECK(replayed.failure->message == some.failure->message);
  const auto all = explore_all(body);
  CHECK(all.complete);
  CHECK(all.failing == all.executions);
  CHECK(all.failure->kind == "livelock");
}

TEST_CASE("a value that is gone again before the loop looks is missed") {
  // Set and taken back: the waiter may look in between, or before, or after.
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; flag = 0; },
             [&] {
               while (flag.load() != 1) {
               }
               outcome("seen");
             });
  };
  const auto some = by_dpor(body), all = explore_all(body);
  CHECK(some.failing > 0);
  CHECK(some.failing < some.executions);
  CHECK(all.failing > 0);
  CHECK(values(some) == std::set<std::string>{"seen"});
  CHECK(values(all) == std::set<std::string>{"seen"});
}

TEST_CASE("a loop that counts its rounds is no loop that waits") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; },
             [&] {
               int rounds = 0;
               while (rounds < 20 && flag.load() == 0) ++rounds;
               outcome(std::to_string(rounds));
             });
  };
  // The store comes before one of the loads, or after all of them.
  const auto all = explore_all(body), some = by_dpor(body);
  CHECK_HOLDS(all, 21u);
  CHECK_HOLDS(some, 21u);
  CHECK(some.redundant == 0);
  CHECK(some.outcomes.size() == 21);
}

TEST_CASE("rounds that are counted in memory are not left out") {
  const auto body = [] {
    std::atomic<int> flag{0};
    auto rounds = std::make_unique<int>(0);
    parallel([&] { flag = 1; },
             [&] {
               while (*rounds < 5 && flag.load() == 0) ++*rounds;
             });
    outcome(std::to_string(*rounds));
  };
  CHECK_HOLDS(by_dpor(body), 6u);
  CHECK(by_dpor(body).outcomes.size() == 6);
}

TEST_CASE("waiting longer and longer comes to rest where the waiting does") {
  check_same([] {
    std::atomic<int> taken{0};
    int n = 0;
    const auto visit = [&] {
      int free = 0;
      for (int pause = 1; !taken.compare_exchange_strong(free, 1); pause = std::min(2 * pause, 4)) {
        free = 0;
        for (int i = 0; i < pause; ++i) sched_yield();
      }
      ++n;
      taken = 0;
    };
    parallel(visit, visit);
    outcome(std::to_string(n));
  });
}

TEST_CASE("a loop may wait for either of two variables") {
  const auto body = [] {
    std::atomic<int> a{0}, b{0};
    parallel([&] { a = 1; }, [&] { b = 1; },
             [&] {
               int x = 0, y = 0;
               do {
                 x = a.load();
                 y = b.load();
               } while (x == 0 && y == 0);
               outcome(std::to_string(x) + std::to_string(y));
             });
  };
  check_same(body);
  CHECK(values(by_dpor(body)) == std::set<std::string>{"01", "10", "11"});
}

TEST_CASE("the flag may lie on the stack of the thread that spins, beside what others write") {
  const auto body = [] {
    std::atomic<int> flag{0};
    int before = 0, beside = 0;
    std::thread other([&] {
      before = 1;
      flag = 1;
    });
    std::thread third([&] { beside = 1; });
    while (flag.load() == 0) {
    }
    const int seen = before;
    other.join();
    third.join();
    outcome(std::to_string(seen) + std::to_string(beside));
  };
  check_same(body);
  CHECK(values(by_dpor(body)) == std::set<std::string>{"11"});
}

TEST_CASE("loops around a try are loops that wait") {
  check_same([] {
    std::mutex m;
    int n = 0;
    const auto visit = [&] {
      while (!m.try_lock()) std::this_thread::yield();
      ++n;
      m.unlock();
    };
    parallel(visit, visit);
    outcome(std::to_string(n));
  });
  check_same([] {
    std::shared_mutex m;
    int n = 0;
    parallel([&] { while (!m.try_lock_shared()) sched_yield(); const int seen = n; m.unlock_shared(); outcome(std::to_string(seen)); },
             [&] { while (!m.try_lock()) sched_yield(); ++n; m.unlock(); });
  });
  check_same([] {
    std::counting_semaphore<4> s{0};
    parallel([&] { s.release(); }, [&] { while (!s.try_acquire()) sched_yield(); outcome("through"); });
  });
  check_same([] {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    const timespec late{4'000'000'000, 0};
    int n = 0;
    const auto visit = [&] {
      while (pthread_mutex_timedlock(&m, &late) != 0) {
      }
      ++n;
      pthread_mutex_unlock(&m);
    };
    parallel(visit, visit);
    outcome(std::to_string(n));
  });
}

TEST_CASE("a search without an end in sight says so before it has eaten the machine's memory") {
  setenv("INTERLEAVE_MEMORY_MB", "4", 1);
  const auto report = by_dpor([] {
    std::atomic<int> a{0}, b{0};
    const auto count = [](std::atomic<int>& mine, std::atomic<int>& other) {
      while (mine.fetch_add(1) < 500 && other.load() >= 0) {
      }
    };
    parallel([&] { count(a, b); }, [&] { count(b, a); });
  });
  unsetenv("INTERLEAVE_MEMORY_MB");
  CHECK(report.verdict == interleave::Verdict::incomplete);
  CHECK_FALSE(report.complete);
  CHECK(report.incomplete_reason == "the limit of 4 MiB of memory was met (INTERLEAVE_MEMORY_MB raises it)");
}

TEST_CASE("polling between sleeps waits, however often it slept") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; },
             [&] {
               while (flag.load() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
               outcome("seen");
             });
  };
  check_same(body);
  CHECK(by_dpor(body).failing == 0);
}

TEST_CASE("a loop until some time ends by the time, or before") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; },
             [&] {
               const auto end = std::chrono::steady_clock::now() + std::chrono::hours(1);
               int seen = 0;
               while ((seen = flag.load()) == 0 && std::chrono::steady_clock::now() < end) {
               }
               outcome(seen != 0 ? "seen" : "late");
             });
  };
  check_same(body);
  CHECK(values(by_dpor(body)) == std::set<std::string>{"late", "seen"});
}

TEST_CASE("with the virtual clock, a loop until some time ends when that time has come and nobody else can step") {
  const auto body = [] {
    int before = 0;
    parallel([&] { std::this_thread::sleep_for(std::chrono::seconds(1)); before = 1; },
             [&] {
               const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
               while (std::chrono::steady_clock::now() < end) sched_yield();
             });
    outcome(std::to_string(before));
  };
  const auto report = explore_all(body, {.clock = "virtual"});
  INFO(text_of(report));
  CHECK(report.complete);
  CHECK(report.failing == 0);
  CHECK(values(report) == std::set<std::string>{"1"});
}

TEST_CASE("a daemon that spins is asleep") {
  const auto report = by_dpor([] {
    static std::atomic<int> stop;
    std::thread([] {
      while (stop.load() == 0) sched_yield();
    }).detach();
  });
  INFO(text_of(report));
  CHECK(report.verdict == interleave::Verdict::pass);
  CHECK(report.complete);
}

TEST_CASE("under races=ignore a loop may wait for a plain variable") {
  const auto body = [] {
    static volatile int flag;
    flag = 0;
    parallel([&] { sched_yield(); flag = 1; },
             [&] {
               while (flag == 0) sched_yield();
               outcome("seen");
             });
  };
  const auto report = explore_all(body, {.races = "ignore"});
  INFO(text_of(report));
  CHECK(report.complete);
  CHECK(report.failing == 0);
}

TEST_CASE("stop callbacks, which wait for each other by spinning, are explored to the end") {
  check_same([] {
    std::stop_source source;
    parallel([&] { source.request_stop(); },
             [&] {
               int called = 0;
               { const std::stop_callback callback(source.get_token(), [&] { called = 1; }); }
               outcome(std::to_string(called));
             });
  });
}
