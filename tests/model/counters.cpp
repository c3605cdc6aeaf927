// Loops that wait and count: of rounds, of what they allocate, until when. They have no end, as no two of their rounds are alike, but for as
// long as nobody else steps they go round and round. They are searched as if they did not count, and it is said so.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <semaphore>
#include <set>
#include <string>
#include <thread>

#include "explored.hpp"

using interleave::outcome;
using interleave::parallel;
using namespace std::chrono_literals;

namespace {

interleave::Report explored_by(const char* strategy, const std::function<void()>& body) {
  return explore_all(body, {.strategy = strategy, .steps_max = 5'000});
}

// Searched to an end, both ways, with these outcomes; and what was not is said.
void check_covered(const std::function<void()>& body, const std::set<std::string>& outcomes) {
  for (const char* strategy : {"dpor", "dfs"}) {
    const auto report = explored_by(strategy, body);
    INFO(strategy << ": " << text_of(report));
    CHECK(report.verdict == interleave::Verdict::pass);
    CHECK_FALSE(report.complete);
    CHECK(report.covered.find("every schedule in which no thread goes more than ") == 0);
    CHECK(report.covered.find(" times in vain round a loop that waits and counts (counters.cpp:") != std::string::npos);
    CHECK(values(report) == outcomes);
  }
}

}  // namespace

TEST_CASE("a loop that waits for a flag and counts its rounds is searched to an end, whatever it counts in") {
  const auto by = [](const std::function<void(std::atomic<int>&)>& wait) {
    return [wait] {
      std::atomic<int> flag{0};
      int data = 0;
      parallel([&] {
                 data = 1;
                 flag = 1;
               },
               [&] {
                 wait(flag);
                 outcome(std::to_string(data));
               });
    };
  };
  SECTION("a variable of its own") {
    check_covered(by([](std::atomic<int>& flag) {
      for (long rounds = 0; flag.load() == 0; ++rounds) interleave::require(rounds < 1'000'000);
    }), {"1"});
  }
  SECTION("a static one, with a yield") {
    check_covered(by([](std::atomic<int>& flag) {
      static long rounds;
      for (rounds = 0; flag.load() == 0; ++rounds) std::this_thread::yield();
    }), {"1"});
  }
  SECTION("an atomic one, with a sleep") {
    check_covered(by([](std::atomic<int>& flag) {
      static std::atomic<long> rounds;
      for (rounds = 0; flag.load() == 0; ++rounds) std::this_thread::sleep_for(1ms);
    }), {"1"});
  }
  SECTION("what it has allocated and freed") {
    check_covered(by([](std::atomic<int>& flag) {
      while (true) {
        const std::string text(100, 'x');
        if (flag.load() != 0) break;
      }
    }), {"1"});
  }
}

TEST_CASE("a timed wait that is begun anew when it has timed out is searched to an end, of each family") {
  SECTION("a condition variable") {
    for (const bool notified : {true, false}) {
      check_covered([notified] {
        std::mutex m;
        std::condition_variable changed;
        bool done = false;
        parallel([&] {
                   std::unique_lock lock(m);
                   while (!done) changed.wait_for(lock, 10ms);
                   outcome("done");
                 },
                 [&] {
                   const std::lock_guard guard(m);
                   done = true;
                   if (notified) changed.notify_one();
                 });
      }, {"done"});
    }
  }
  SECTION("a timed mutex") {
    check_covered([] {
      std::timed_mutex m;
      parallel([&] {
                 while (!m.try_lock_for(1ms)) {
                 }
                 m.unlock();
                 outcome("done");
               },
               [&] { const std::lock_guard guard(m); });
    }, {"done"});
  }
  SECTION("a semaphore") {
    check_covered([] {
      std::counting_semaphore<> s{0};
      parallel([&] {
                 while (!s.try_acquire_for(1ms)) {
                 }
                 outcome("done");
               },
               [&] { s.release(); });
    }, {"done"});
  }
  SECTION("a future") {
    const auto report = explored_by("dpor", [] {
      std::promise<int> promise;
      auto future = promise.get_future();
      parallel([&] {
                 while (future.wait_for(1ms) != std::future_status::ready) {
                 }
                 outcome(std::to_string(future.get()));
               },
               [&] { promise.set_value(7); });
    });
    INFO(text_of(report));
    CHECK(report.verdict == interleave::Verdict::pass);
    CHECK_FALSE(report.covered.empty());
    CHECK(values(report) == std::set<std::string>{"7"});
  }
}

TEST_CASE("two who wait and count under one mutex, or in one variable, are searched to an end") {
  check_covered([] {
    std::mutex m;
    bool ready = false;
    int rounds = 0, through = 0;
    const auto wait = [&] {
      while (true) {
        const std::lock_guard guard(m);
        ++rounds;
        if (ready) break;
      }
      const std::lock_guard guard(m);
      if (++through == 2) outcome("both");
    };
    parallel(wait, wait, [&] {
      const std::lock_guard guard(m);
      ready = true;
    });
  }, {"both"});
  const auto report = explored_by("dpor", [] {
    std::atomic<int> ready{0}, rounds{0}, through{0};
    const auto wait = [&] {
      while (ready.load() == 0) ++rounds;
      if (++through == 2) outcome("both");
    };
    parallel(wait, wait, [&] { ready = 1; });
  });
  INFO(text_of(report));
  CHECK(report.verdict == interleave::Verdict::pass);
  CHECK(values(report) == std::set<std::string>{"both"});
}

TEST_CASE("what is wrong once a loop that counts has ended is found") {
  for (const char* strategy : {"dpor", "dfs"}) {
    const auto report = explored_by(strategy, [] {
      std::atomic<int> flag{0}, polls{0};
      int data = 0;
      parallel([&] {
                 flag = 1;  // too early
                 data = 1;
               },
               [&] {
                 while (flag.load() == 0) ++polls;
                 (void)*const_cast<volatile int*>(&data);
               });
    });
    INFO(text_of(report));
    REQUIRE(report.failure.has_value());
    CHECK(report.failure->kind == "data-race");
  }
}

TEST_CASE("a loop that does something else from time to time is gone round until it has done so") {
  // At its fifth round it says so; at every third one it looks elsewhere.
  const auto body = [] {
    std::atomic<int> flag{0}, slow{0}, elsewhere{0};
    parallel([&] {
               for (int rounds = 1; flag.load() == 0; ++rounds) {
                 if (rounds == 5) slow = 1;
                 if (rounds % 3 == 0 && elsewhere.load() == 1) outcome("slow path seen from the third round");
               }
             },
             [&] {
               if (slow.load() == 1) elsewhere = 1;
               flag = 1;
             });
  };
  const auto report = explored_by("dpor", body);
  INFO(text_of(report));
  CHECK(report.verdict == interleave::Verdict::pass);
  CHECK(values(report) == std::set<std::string>{"slow path seen from the third round"});
}

namespace {

// Both count in one place of the stack.
[[gnu::noinline]] void wait_and_count(const std::atomic<int>& flag) {
  volatile int rounds = 0;
  while (flag.load() == 0) rounds = rounds + 1;
}
[[gnu::noinline]] void add_eight_times(std::atomic<int>& n) {
  volatile int rounds = 0;
  while (rounds < 8) {
    ++n;
    --n;
    rounds = rounds + 1;
  }
  ++n;
}

}  // namespace

TEST_CASE("who has counted in a loop that waits is followed through a loop that only counts, in the same variable") {
  const auto on_the_stack = [] {
    std::atomic<int> flag{0}, n{0};
    parallel([&] {
               wait_and_count(flag);
               add_eight_times(n);
             },
             [&] {
               flag = 1;
               if (n.load() == 1) outcome("seen");
             });
    outcome(n.load() == 1 ? "done" : "?");
  };
  const auto in_a_static = [] {
    static int rounds;
    std::atomic<int> flag{0}, n{0};
    parallel([&] {
               for (rounds = 0; flag.load() == 0; ++rounds) {
               }
               for (rounds = 0; rounds < 8; ++rounds) {
                 ++n;
                 --n;
               }
               ++n;
             },
             [&] {
               flag = 1;
               if (n.load() == 1) outcome("seen");
             });
    outcome(n.load() == 1 ? "done" : "?");
  };
  check_covered(on_the_stack, {"done"});
  check_covered(in_a_static, {"done"});
}

TEST_CASE("a loop that gives up after so many rounds is no loop that counts in vain") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; },
             [&] {
               int tries = 0;
               while (tries < 40 && flag.load() == 0) ++tries;
               outcome(tries == 40 ? "gave up" : "seen");
             });
  };
  for (const char* strategy : {"dpor", "dfs"}) {
    const auto report = explored_by(strategy, body);
    INFO(text_of(report));
    CHECK(report.complete);
    CHECK(report.executions == 41);  // the flag is set before the first look, the second, ... the fortieth, or after all
    CHECK(values(report) == std::set<std::string>{"gave up", "seen"});
  }
}

TEST_CASE("a back-off that grows up to some limit is searched to an end") {
  const auto report = explored_by("dpor", [] {
    std::atomic<int> lock{0};
    int n = 0;
    const auto body = [&] {
      for (int pauses = 1; lock.exchange(1) != 0; pauses = std::min(2 * pauses, 8))
        for (int i = 0; i < pauses; ++i) std::this_thread::yield();
      ++n;
      lock = 0;
    };
    parallel(body, body);
    outcome(std::to_string(n));
  });
  INFO(text_of(report));
  CHECK(report.verdict == interleave::Verdict::pass);
  CHECK(values(report) == std::set<std::string>{"2"});
}

TEST_CASE("who counts while waiting for what never comes is not known to be there for ever") {
  // It might give up after a million rounds.
  for (const char* strategy : {"dpor", "dfs"}) {
    const auto report = explored_by(strategy, [] {
      std::atomic<int> flag{0};
      int rounds = 0;
      parallel([&] { (void)flag.load(); }, [&] { while (flag.load() == 0) ++rounds; });
    });
    INFO(text_of(report));
    CHECK(report.verdict == interleave::Verdict::incomplete);
    CHECK(report.cut > 0);
    CHECK(report.incomplete_reason.find(", in a loop that counts its rounds (INTERLEAVE_STEPS") != std::string::npos);
    CHECK_FALSE(report.failure.has_value());
  }
}
