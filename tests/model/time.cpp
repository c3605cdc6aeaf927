// Time: no real time passes. With the clock "any" a sleep or a timeout may end at any moment; with "virtual" the earliest
// ends when nobody else can step.
#include "explored.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include <semaphore.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

Options with_clock(const char* clock) {
  Options options;
  options.clock = clock;
  return options;
}

// Two sleepers write their names when they wake up.
Report sleepers(const char* clock) {
  Options options = with_clock(clock);
  options.races = "ignore";  // what a sleeper writes is no step of its own
  return explore_all([] {
    std::string woken;
    const auto sleep = [&](char name, std::chrono::seconds duration) {
      std::this_thread::sleep_for(duration);
      woken += name;
    };
    parallel([&] { sleep('2', 2s); }, [&] { sleep('1', 1s); });
    outcome(woken);
  }, options);
}

}  // namespace

TEST_CASE("sleeps end in any order, or with the virtual clock in that of their ends") {
  const Report any = sleepers("any");
  CHECK_HOLDS(any, 2u);
  CHECK_OUTCOMES(any, {{"12", 1}, {"21", 1}});
  const Report in_order = sleepers("virtual");
  CHECK_HOLDS(in_order, 1u);
  CHECK_OUTCOMES(in_order, {{"12", 1}});
}

TEST_CASE("hours of sleep take no time, and every clock has moved on by them") {
  const auto start = std::chrono::steady_clock::now();
  for (const char* clock : {"any", "virtual"}) {
    CHECK_HOLDS(explore_all([] {
      const auto system = std::chrono::system_clock::now();
      const auto steady = std::chrono::steady_clock::now();
      const time_t seconds = time(nullptr);
      timeval day{};
      gettimeofday(&day, nullptr);
      std::this_thread::sleep_for(1h);
      REQUIRE(std::chrono::system_clock::now() - system == 1h);
      REQUIRE(std::chrono::steady_clock::now() - steady == 1h);
      REQUIRE(time(nullptr) - seconds == 3600);
      timeval later{};
      gettimeofday(&later, nullptr);
      REQUIRE(later.tv_sec - day.tv_sec == 3600);
    }, with_clock(clock)), 1u);
  }
  CHECK(std::chrono::steady_clock::now() - start < 60s);
}

TEST_CASE("every kind of sleep is one step") {
  const Report report = explore_all([] {
    const auto start = std::chrono::steady_clock::now();
    sleep(1);
    usleep(500'000);
    const timespec half{0, 500'000'000};
    nanosleep(&half, nullptr);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &half, nullptr);
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    ++until.tv_sec;
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr);
    std::this_thread::sleep_until(std::chrono::steady_clock::now() + 1s);
    std::this_thread::sleep_until(std::chrono::system_clock::now() + 1s);
    require(std::chrono::steady_clock::now() - start == 5500ms);
  });
  CHECK_HOLDS(report, 1u);
  CHECK(report.steps == 7);
}

TEST_CASE("the virtual clock decides races between a timeout and a signal; any clock leaves them open") {
  const auto signalled_after = [](std::chrono::milliseconds delay, const char* clock) {
    return explore_all([delay] {
      std::mutex mutex;
      std::condition_variable condition;
      bool ready = false;
      parallel([&] {
        std::unique_lock lock(mutex);
        outcome(condition.wait_for(lock, 1s, [&] { return ready; }) ? "ready" : "timeout");
      }, [&] {
        std::this_thread::sleep_for(delay);
        {
          const std::lock_guard lock(mutex);
          ready = true;
        }
        condition.notify_one();
      });
    }, with_clock(clock));
  };
  CHECK_OUTCOME_SET(signalled_after(500ms, "virtual"), {"ready"});
  CHECK_OUTCOME_SET(signalled_after(2000ms, "virtual"), {"timeout"});
  CHECK_OUTCOME_SET(signalled_after(500ms, "any"), {"ready", "timeout"});
  CHECK_OUTCOME_SET(signalled_after(2000ms, "any"), {"ready", "timeout"});
}

TEST_CASE("with the virtual clock a timed lock waits for its time before it gives up") {
  const auto held_for = [](std::chrono::milliseconds time) {
    return explore_all([time] {
      std::timed_mutex mutex;
      std::atomic<bool> held = false;
      parallel([&] {
        const std::lock_guard lock(mutex);
        held = true;
        std::this_thread::sleep_for(time);
      }, [&] {
        std::this_thread::sleep_for(100ms);  // the other has it by now
        const bool got = mutex.try_lock_for(1s);
        outcome(got ? "got" : "timeout");
        if (got) mutex.unlock();
      });
    }, with_clock("virtual"));
  };
  CHECK_OUTCOME_SET(held_for(500ms), {"got"});
  CHECK_OUTCOME_SET(held_for(5000ms), {"timeout"});
}

namespace {

using Moment = std::chrono::steady_clock::time_point;

// One thread sleeps, reads the clock and hands its reading over by `give`; the other, once `take` says that it has it, must not
// read an earlier time.
void check_hand_over(const std::function<void()>& give, const std::function<bool()>& take) {
  const auto body = [&] {
    Moment given{};
    parallel([&] {
      std::this_thread::sleep_for(1h);
      given = std::chrono::steady_clock::now();
      give();
    }, [&] {
      if (!take()) return outcome("too early");
      outcome(std::chrono::steady_clock::now() >= given ? "in order" : "backwards");
    });
    REQUIRE(std::chrono::steady_clock::now() >= given);
  };
  Options dpor;
  dpor.strategy = "dpor";
  dpor.races = "ignore";
  for (const Report& report : {explore_all(body, dpor), explore_all(body, {.races = "ignore"})}) {
    INFO(text_of(report));
    CHECK(report.verdict == Verdict::pass);
    CHECK(report.outcomes.contains("in order"));
    CHECK_FALSE(report.outcomes.contains("backwards"));
  }
}

}  // namespace

TEST_CASE("a clock is never behind what its thread has heard from another") {
  std::mutex mutex;
  bool given = false;
  check_hand_over([&] {
    const std::lock_guard lock(mutex);
    given = true;
  }, [&] {
    const std::lock_guard lock(mutex);
    return given;
  });
  std::condition_variable condition;
  check_hand_over([&] {
    {
      const std::lock_guard lock(mutex);
      given = true;
    }
    condition.notify_one();
  }, [&] {
    std::unique_lock lock(mutex);
    condition.wait(lock, [&] { return given; });
    return true;
  });
  std::atomic<bool> flag{false};
  check_hand_over([&] { flag.store(true, std::memory_order_relaxed); }, [&] { return flag.load(std::memory_order_relaxed); });
  check_hand_over([&] { flag = true, flag.notify_one(); }, [&] { return flag.wait(false), true; });
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  check_hand_over([&] { sem_post(&semaphore); }, [&] { return sem_trywait(&semaphore) == 0; });
}

TEST_CASE("threads that have not heard from each other have clocks of their own, in every execution of a class the same") {
  // Each reads the clock after its own sleep: what the other sleeps is nothing to it, whoever wakes first.
  const auto body = [] {
    std::atomic<int> seconds[2] = {};
    const auto sleep = [&](int i) {
      const auto start = std::chrono::steady_clock::now();
      std::this_thread::sleep_for(std::chrono::seconds(i + 1));
      seconds[i] = static_cast<int>((std::chrono::steady_clock::now() - start) / 1s);
    };
    std::thread a(sleep, 0), b(sleep, 1);
    const auto start = std::chrono::steady_clock::now();
    a.join();
    b.join();
    const auto all = (std::chrono::steady_clock::now() - start) / 1s;
    outcome(std::to_string(seconds[0]) + " " + std::to_string(seconds[1]) + " " + std::to_string(all));
  };
  CHECK_OUTCOME_SET(explore_all(body), {"1 2 2"});
  CHECK_OUTCOMES(explore_all(body, {.strategy = "dpor"}), {{"1 2 2", 1}});
}

TEST_CASE("a timestamp that decides what a program does costs a reducing search no class") {
  const auto body = [] {
    std::mutex mutex;
    std::atomic<int> late{0};
    const auto start = std::chrono::steady_clock::now();
    const auto visit = [&](std::chrono::seconds nap) {
      std::this_thread::sleep_for(nap);
      const std::lock_guard lock(mutex);
      if (std::chrono::steady_clock::now() - start >= 2s) ++late;
    };
    parallel([&] { visit(1s); }, [&] { visit(2s); }, [&] { visit(3s); });
    outcome(std::to_string(late));
  };
  const Report all = explore_all(body), reduced = explore_all(body, {.strategy = "dpor"});
  CHECK_OUTCOME_SET(all, {"2", "3"});
  CHECK_OUTCOME_SET(reduced, {"2", "3"});
  CHECK_HOLDS(reduced, 6u);  // the orders of the three visits
}

TEST_CASE("random numbers are the same in every execution") {
  std::atomic<int> n = 0;
  const Report report = explore_all([&] {
    std::random_device device;
    const auto first = device();
    require(first != device(), "two draws are two numbers");
    outcome(std::to_string(first) + " " + std::to_string(std::rand()));
    parallel([&] { ++n; }, [&] { ++n; });
  });
  CHECK_HOLDS(report, 2u);
  CHECK(report.outcomes.size() == 1);
}
