// Condition variables: POSIX does not say which waiter a signal wakes, and a signal without a waiter is lost.
#include "explored.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

// Two waiters that are certainly asleep, and then somebody who calls `wake`.
struct TwoWaiters {
  std::mutex mutex;
  std::condition_variable condition;
  sem_t arrived;
  std::string woken;

  TwoWaiters() { sem_init(&arrived, 0, 0); }

  void wait(char name) {
    std::unique_lock lock(mutex);
    sem_post(&arrived);  // still with the mutex: whoever gets it after the post finds us asleep
    condition.wait(lock);
    woken += name;
  }
  void until_both_sleep() {
    sem_wait(&arrived);
    sem_wait(&arrived);
    const std::lock_guard lock(mutex);
  }
};

// Two waiters, both woken by `wake(condition)`: comes to the order in which they go on.
template <class Wake>
auto two_woken(Wake wake) {
  return [wake] {
    TwoWaiters waiters;
    parallel([&] { waiters.wait('A'); }, [&] { waiters.wait('B'); },
             [&] {
               waiters.until_both_sleep();
               wake(waiters.condition);
             });
    outcome(waiters.woken);
  };
}

// One thread waits, by `wait(condition, lock, ready)` with the mutex; the other sets `ready` under the mutex and signals after it.
template <class Lock = std::unique_lock<std::mutex>, class Condition = std::condition_variable, class Wait>
auto beside_a_signaller(Wait wait) {
  return [wait] {
    typename Lock::mutex_type mutex;
    Condition condition;
    bool ready = false;
    parallel([&] {
      Lock lock(mutex);
      wait(condition, lock, ready);
    }, [&] {
      {
        const std::lock_guard lock(mutex);
        ready = true;
      }
      condition.notify_one();
    });
  };
}

}  // namespace

TEST_CASE("a wait without a predicate loses a signal that comes too early") {
  // waiter: L W (wake) L U, signaller: S.    S L W deadlock    L S W deadlock    L W S L U
  const Report report = explore_all([] {
    std::mutex mutex;
    std::condition_variable condition;
    parallel([&] {
      std::unique_lock lock(mutex);
      condition.wait(lock);
    }, [&] { condition.notify_one(); });
  });
  CHECK_FAILS(report, 3u, 2u, "deadlock");
}

TEST_CASE("a predicate under the mutex makes early and late signals harmless") {
  // waiter: L [W L] U, signaller: l u S. The waiter sleeps only if its L comes before l:
  //     l u S L U | l u L S U | l u L U S                                    the flag is up
  //     L W l u S L' U                                                       it sleeps and is woken
  const Report report = explore_all(beside_a_signaller([](auto& condition, auto& lock, const bool& ready) {
    while (!ready) condition.wait(lock);
  }));
  CHECK_HOLDS(report, 4u);
}

TEST_CASE("a signal wakes any one of the waiters: each is a choice") {
  // One of two is woken and the other sleeps for ever: no execution comes to an end.
  const Report one = explore_all([] {
    TwoWaiters waiters;
    parallel([&] { waiters.wait('A'); outcome("A"); }, [&] { waiters.wait('B'); outcome("B"); },
             [&] {
               waiters.until_both_sleep();
               waiters.condition.notify_one();
             });
  });
  CHECK(one.failing == one.executions);
  REQUIRE(one.failure);
  CHECK(one.failure->kind == "deadlock");
  CHECK_OUTCOME_SET(one, {"A", "B"});
  CHECK(one.outcomes.at("A") == one.outcomes.at("B"));

  const Report all = explore_all(two_woken([](auto& condition) { condition.notify_all(); }));
  INFO(text_of(all));
  CHECK(all.verdict == Verdict::pass);
  CHECK_OUTCOME_SET(all, {"AB", "BA"});
  CHECK(all.outcomes.at("AB") == all.outcomes.at("BA"));
}

TEST_CASE("two signals wake both waiters, in either order") {
  const Report report = explore_all(two_woken([](auto& condition) {
    condition.notify_one();
    condition.notify_one();
  }));
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK_OUTCOME_SET(report, {"AB", "BA"});
}

TEST_CASE("a timed wait may time out as long as it is asleep, and may not once it is woken") {
  const auto timed = [](auto wait) {
    return explore_all(beside_a_signaller([wait](auto& condition, auto& lock, bool& ready) {
      const bool in_time = wait(condition, lock, ready);
      require(in_time == ready);
      outcome(in_time ? "ready" : "timeout");
    }));
  };
  const auto is_ready = [](bool& ready) { return [&ready] { return ready; }; };
  const auto both = [](const Report& report) {
    INFO(text_of(report));
    CHECK(report.verdict == Verdict::pass);
    CHECK(report.complete);
    CHECK(names_of(report.outcomes) == std::vector<std::string>{"ready", "timeout"});
  };
  both(timed([=](auto& c, auto& l, bool& r) { return c.wait_for(l, 1s, is_ready(r)); }));
  both(timed([=](auto& c, auto& l, bool& r) { return c.wait_until(l, std::chrono::steady_clock::now() + 1s, is_ready(r)); }));
  both(timed([=](auto& c, auto& l, bool& r) { return c.wait_until(l, std::chrono::system_clock::now() + 1s, is_ready(r)); }));
}

TEST_CASE("a timed wait that nobody signals always times out, an untimed one never does") {
  const auto lonely = [](bool timed) {
    return explore_all([timed] {
      std::mutex mutex;
      std::condition_variable condition;
      std::unique_lock lock(mutex);
      if (timed) {
        require(condition.wait_for(lock, 1h) == std::cv_status::timeout);
        require(lock.owns_lock());
      } else {
        condition.wait(lock);
      }
    });
  };
  CHECK_HOLDS(lonely(true), 1u);
  CHECK_FAILS(lonely(false), 1u, 1u, "deadlock");
}

TEST_CASE("a condition uses the clock of its attribute, or of the call") {
  CHECK_HOLDS(explore_all([] {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_t condition;
    pthread_cond_init(&condition, &attributes);
    timespec until{}, after{};
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 5;
    pthread_mutex_lock(&mutex);
    REQUIRE(pthread_cond_timedwait(&condition, &mutex, &until) == ETIMEDOUT);
    clock_gettime(CLOCK_MONOTONIC, &after);
    REQUIRE((after.tv_sec == until.tv_sec && after.tv_nsec == until.tv_nsec));
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    REQUIRE(pthread_cond_clockwait(&condition, &mutex, CLOCK_REALTIME, &until) == ETIMEDOUT);
    clock_gettime(CLOCK_REALTIME, &after);
    REQUIRE((after.tv_sec == until.tv_sec && after.tv_nsec == until.tv_nsec));
    until.tv_nsec = -1;
    REQUIRE(pthread_cond_timedwait(&condition, &mutex, &until) == EINVAL);
    pthread_mutex_unlock(&mutex);
    REQUIRE(pthread_cond_destroy(&condition) == 0);
  }), 1u);
}

TEST_CASE("spurious wakeups are an option: at most one for each wait") {
  const auto single_wait = [](bool spurious) {
    Options options;
    options.spurious_wakeups = spurious;
    return explore_all([] {
      std::mutex mutex;
      std::condition_variable condition;
      std::unique_lock lock(mutex);
      condition.wait(lock);
    }, options);
  };
  CHECK_FAILS(single_wait(false), 1u, 1u, "deadlock");
  CHECK_HOLDS(single_wait(true), 1u);
}

TEST_CASE("a wait without a loop believes a spurious wakeup; a loop does not") {
  const auto body = [](bool loop) {
    return beside_a_signaller([loop](auto& condition, auto& lock, const bool& ready) {
      if (loop) {
        condition.wait(lock, [&] { return ready; });
        outcome("ready");
      } else {
        if (!ready) condition.wait(lock);
        outcome(ready ? "ready" : "not ready");
      }
    });
  };
  Options spurious;
  spurious.spurious_wakeups = true;
  CHECK_OUTCOME_SET(explore_all(body(false)), {"ready"});
  CHECK_OUTCOME_SET(explore_all(body(false), spurious), {"not ready", "ready"});
  CHECK_OUTCOME_SET(explore_all(body(true), spurious), {"ready"});
}

TEST_CASE("the wait after a spurious wakeup is the rest of the same call: it is left alone, and what it waits for may be lost") {
  Options spurious;
  spurious.spurious_wakeups = true;
  const Report lost = explore_all([] {
    std::mutex mutex;
    std::condition_variable condition;
    bool ready = false;
    parallel([&] {
      std::unique_lock lock(mutex);
      while (!ready) condition.wait(lock);
    }, [&] {
      const std::lock_guard lock(mutex);
      ready = true;  // and nobody is told
    });
  }, spurious);
  // S: the other locks, sets, unlocks (u). w: the waiter waits, s: wakes up for nothing, l: has the mutex again.
  //     S u | w S u s l | w S s u l | w s S u l | w s l w S u, and the waiter sleeps for ever
  CHECK_FAILS(lost, 5u, 1u, "deadlock");
}

TEST_CASE("a later call may be disturbed again: once the wait has ended as it should") {
  Options spurious;
  spurious.spurious_wakeups = true;
  const Report report = explore_all([] {
    std::mutex mutex;
    std::condition_variable condition;
    int turns = 0, wakeups = 0;
    parallel([&] {
      std::unique_lock lock(mutex);
      for (int wanted = 1; wanted <= 2; ++wanted) {
        while (turns < wanted) {
          condition.wait(lock);
          ++wakeups;
        }
      }
      outcome(std::to_string(wakeups));
    }, [&] {
      for (int i = 0; i < 2; ++i) {
        const std::lock_guard lock(mutex);
        ++turns;
        condition.notify_one();
      }
    });
  }, spurious);
  CHECK_OUTCOME_SET(report, {"0", "1", "2", "3", "4"});
}

TEST_CASE("spurious wakeups and timeouts are different candidates of a timed wait") {
  Options spurious;
  spurious.spurious_wakeups = true;
  const Report report = explore_all([] {
    std::mutex mutex;
    std::condition_variable condition;
    std::unique_lock lock(mutex);
    outcome(condition.wait_for(lock, 1s) == std::cv_status::timeout ? "timeout" : "no timeout");
  }, spurious);
  CHECK_HOLDS(report, 2u);
  CHECK_OUTCOMES(report, {{"no timeout", 1}, {"timeout", 1}});
}

TEST_CASE("condition_variable_any waits with any lock") {
  const Report report = explore_all(beside_a_signaller<std::shared_lock<std::shared_mutex>, std::condition_variable_any>(
      [](auto& condition, auto& lock, const bool& ready) {
        condition.wait(lock, [&] { return ready; });
        require(ready);
      }));
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
}

TEST_CASE("destroying a condition that a thread waits on is a misuse") {
  const Report report = explore_all([] {
    auto* condition = new pthread_cond_t(PTHREAD_COND_INITIALIZER);
    auto* mutex = new pthread_mutex_t(PTHREAD_MUTEX_INITIALIZER);
    sem_t asleep;
    sem_init(&asleep, 0, 0);
    std::thread waiter([&, mutex, condition] {
      pthread_mutex_lock(mutex);
      sem_post(&asleep);
      pthread_cond_wait(condition, mutex);
      pthread_mutex_unlock(mutex);
    });
    sem_wait(&asleep);
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
    pthread_cond_destroy(condition);
    waiter.join();
  });
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "misuse");
  CHECK_THAT(report.failure->message, Catch::Contains("destroyed while a thread waits"));
}

TEST_CASE("a wait gives back an errorcheck mutex only to its owner") {
  CHECK_HOLDS(explore_all([] {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    REQUIRE(pthread_cond_wait(&condition, &mutex) == EPERM);
  }), 1u);
}

TEST_CASE("the explanation of a deadlock names who waits, where, and the lost signal") {
  const Report report = explore_all([] {
    std::mutex mutex;
    std::condition_variable condition;
    parallel([&] {
      name_thread("waiter");
      std::unique_lock lock(mutex);
      condition.wait(lock);
    }, [&] {
      name_thread("signaller");
      condition.notify_one();
    });
  });
  REQUIRE(report.failure);
  bool found = false;
  for (const ThreadState& thread : report.failure->threads) {
    if (thread.name != "waiter") continue;
    found = true;
    CHECK(thread.state == "waits");
    CHECK_THAT(thread.location, Catch::Contains("conditions.cpp:"));
  }
  CHECK(found);
  CHECK_THAT(report.failure->message, Catch::Contains("signal"));
}
