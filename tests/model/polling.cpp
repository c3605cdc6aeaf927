// Threads that poll what others change, and take and give back a lock each time round: proved, not cut, and nobody starves.
#include <sched.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>

#include "../strategies.hpp"
#include "rounds.hpp"

using interleave::outcome;
using interleave::parallel;
using rounds::by_dpor;
using rounds::check_proved;

namespace {

// Waits for a flag as code does that has nothing but its mutex.
void poll(std::mutex& m, const bool& flag) {
  while (true) {
    const std::lock_guard guard(m);
    if (flag) return;
  }
}

}  // namespace

TEST_CASE("polling under a mutex is proved") {
  // With a yield, with a sleep, and with nothing between the rounds.
  for (const int pause : {0, 1, 2}) {
    check_proved([pause] {
      std::mutex m;
      bool ready = false;
      int data = 0;
      parallel([&] {
                 data = 1;
                 const std::lock_guard guard(m);
                 ready = true;
               },
               [&] {
                 while (true) {
                   {
                     const std::lock_guard guard(m);
                     if (ready) break;
                   }
                   if (pause == 1) sched_yield();
                   if (pause == 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                 }
                 outcome(std::to_string(data));
               });
    }, {"1"});
  }
}

TEST_CASE("samplers do not let who polls under a mutex starve the thread that it waits for") {
  auto samplers = strategies_that(false);
  samplers.push_back("pct:depth=1");
  for (const std::string& strategy : samplers) {
    const auto report = explore_all([] {
      std::mutex m;
      bool ready = false;
      parallel([&] { const std::lock_guard guard(m); ready = true; },
               [&] {
                 poll(m, ready);
                 outcome("seen");
               });
    }, {.strategy = strategy, .seed = 7, .executions_max = 100, .steps_max = 10'000});
    INFO(strategy << ": " << text_of(report));
    CHECK(report.cut == 0);
    CHECK(report.executions == 100);
    CHECK(values(report) == std::set<std::string>{"seen"});
  }
}

TEST_CASE("that somebody polls is seen by whoever tries the mutex meanwhile") {
  const auto body = [](bool tries) {
    return [tries] {
      std::mutex m;
      bool ready = false;
      int failed = 0;
      parallel([&] {
                 if (tries) {
                   if (m.try_lock()) {
                     m.unlock();
                   } else {
                     failed = 1;
                   }
                 }
                 const std::lock_guard guard(m);
                 ready = true;
               },
               [&] {
                 poll(m, ready);
               });
      outcome(std::to_string(failed));
    };
  };
  check_proved(body(true), {"0", "1"});
  check_proved(body(false), {"0"});
}

TEST_CASE("polling a reader-writer lock, a semaphore or a pair of atomics is proved") {
  check_proved([] {
    std::shared_mutex m;
    bool ready = false;
    parallel([&] { const std::lock_guard guard(m); ready = true; },
             [&] {
               for (bool done = false; !done; sched_yield()) {
                 const std::shared_lock guard(m);
                 done = ready;
               }
               outcome("seen");
             });
  }, {"seen"});
  check_proved([] {
    std::atomic<int> lock{0}, ready{0};
    int seen_taken = 0;
    parallel([&] { ready = 1; },
             [&] {
               while (true) {
                 lock.exchange(1);
                 const int seen = ready.load();
                 lock.store(0);
                 if (seen != 0) break;
               }
             },
             [&] { seen_taken = lock.load(); });
    outcome(seen_taken == 0 ? "free" : "taken");
  }, {"free", "taken"});
}

TEST_CASE("a daemon that polls under a mutex is asleep") {
  const auto report = by_dpor([] {
    static std::mutex m;
    static bool stop;
    std::thread([] {
      while (true) {
        const std::lock_guard guard(m);
        if (stop) break;
      }
    }).detach();
  });
  INFO(text_of(report));
  CHECK(report.verdict == interleave::Verdict::pass);
  CHECK(report.complete);
}
