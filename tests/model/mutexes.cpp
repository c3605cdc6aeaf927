// Mutexes of every kind, and what <mutex> makes of them.
#include "explored.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include <pthread.h>
#include <time.h>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

// A mutex of a kind, as C programs make them.
struct Mutex {
  explicit Mutex(int kind) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  ~Mutex() { pthread_mutex_destroy(&mutex); }
  pthread_mutex_t* operator&() { return &mutex; }
  pthread_mutex_t mutex;
};

}  // namespace

TEST_CASE("a mutex excludes: what it guards is never torn") {
  int n = 0;
  std::mutex mutex;
  const auto increment = [&] {
    const std::lock_guard lock(mutex);
    const int before = n;
    std::this_thread::yield();
    n = before + 1;
  };
  CHECK_HOLDS(explore_all([&] {
    parallel(increment, increment, increment);
    require(n == 3);
  }), 6u);
}

TEST_CASE("without the mutex the same body loses increments") {
  int n = 0;
  const auto increment = [&] {
    const int before = n;
    std::this_thread::yield();
    n = before + 1;
  };
  Options options;
  options.races = "ignore";
  const Report report = explore_all([&] {
    parallel(increment, increment);
    outcome(std::to_string(n));
  }, options);
  // Both read at once, as the first step is the yield: always lost.
  CHECK_OUTCOMES(report, {{"1", 2}});
}

TEST_CASE("a try fails while another thread holds the mutex, and never waits") {
  //     L U | T u      T u L U   got      L T U   busy      L U T u   got      T L.. blocked until u
  const Report report = explore_all([] {
    std::mutex mutex;
    parallel([&] { const std::lock_guard lock(mutex); },
             [&] {
               const bool got = mutex.try_lock();
               outcome(got ? "got" : "busy");
               if (got) mutex.unlock();
             });
  });
  CHECK_HOLDS(report, 3u);
  CHECK_OUTCOMES(report, {{"busy", 1}, {"got", 2}});
}

TEST_CASE("a timed lock has one candidate: success if the mutex is free when it is scheduled, else a timeout") {
  const auto timed = [](auto lock) {
    return explore_all([lock] {
      std::timed_mutex mutex;
      parallel([&] { const std::lock_guard guard(mutex); },
               [&] {
                 const bool got = lock(mutex);
                 outcome(got ? "got" : "timeout");
                 if (got) mutex.unlock();
               });
    });
  };
  const Outcomes as_a_try{{"got", 2}, {"timeout", 1}};
  CHECK(timed([](auto& m) { return m.try_lock_for(1s); }).outcomes == as_a_try);
  CHECK(timed([](auto& m) { return m.try_lock_until(std::chrono::steady_clock::now() + 1s); }).outcomes == as_a_try);
  CHECK(timed([](auto& m) { return m.try_lock_until(std::chrono::system_clock::now() + 1s); }).outcomes == as_a_try);
  CHECK(timed([](auto& m) {
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    ++until.tv_sec;
    return pthread_mutex_timedlock(m.native_handle(), &until) == 0;
  }).outcomes == as_a_try);
}

TEST_CASE("a timed lock with a nonsensical time is refused, with a past one a try") {
  CHECK_HOLDS(explore_all([] {
    Mutex mutex(PTHREAD_MUTEX_NORMAL);
    timespec bad{0, 1'000'000'000}, past{0, 0};
    REQUIRE(pthread_mutex_timedlock(&mutex, &bad) == EINVAL);
    REQUIRE(pthread_mutex_timedlock(&mutex, &past) == 0);
    REQUIRE(pthread_mutex_timedlock(&mutex, &past) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
  }), 1u);
}

TEST_CASE("a recursive mutex may be taken again by its owner and is free after as many unlocks") {
  int inside = 0;
  CHECK_HOLDS(explore_all([&] {
    std::recursive_mutex mutex;
    const auto twice = [&] {
      mutex.lock();
      mutex.lock();
      require(mutex.try_lock());
      require(++inside == 1);
      mutex.unlock();
      mutex.unlock();
      --inside;
      mutex.unlock();
    };
    parallel(twice, twice);
  }), 2u);
}

TEST_CASE("a plain mutex taken again by its owner is a deadlock with itself") {
  const Report report = explore_all([] {
    std::mutex mutex;
    mutex.lock();
    mutex.lock();
  });
  CHECK_FAILS(report, 1u, 1u, "deadlock");
  REQUIRE(report.failure->threads.size() == 1);
  CHECK(report.failure->threads[0].state == "waits");
  CHECK(report.failure->threads[0].holder == report.failure->threads[0].name);
}

TEST_CASE("an errorcheck mutex says so instead") {
  CHECK_HOLDS(explore_all([] {
    Mutex mutex(PTHREAD_MUTEX_ERRORCHECK);
    REQUIRE(pthread_mutex_unlock(&mutex) == EPERM);
    REQUIRE(pthread_mutex_lock(&mutex) == 0);
    REQUIRE(pthread_mutex_lock(&mutex) == EDEADLK);
    REQUIRE(pthread_mutex_trylock(&mutex) == EBUSY);
    std::thread([&] { REQUIRE(pthread_mutex_unlock(&mutex) == EPERM); }).join();
    REQUIRE(pthread_mutex_unlock(&mutex) == 0);
  }), 1u);
}

TEST_CASE("a recursive mutex is given back by its owner only") {
  CHECK_HOLDS(explore_all([] {
    Mutex mutex(PTHREAD_MUTEX_RECURSIVE);
    REQUIRE(pthread_mutex_lock(&mutex) == 0);
    std::thread([&] { REQUIRE(pthread_mutex_unlock(&mutex) == EPERM); }).join();
    REQUIRE(pthread_mutex_unlock(&mutex) == 0);
    REQUIRE(pthread_mutex_unlock(&mutex) == EPERM);
  }), 1u);
}

TEST_CASE("a mutex locked before the exploration is found locked, and is so afterwards") {
  std::mutex mutex;
  mutex.lock();
  const Report report = explore_all([&] { outcome(mutex.try_lock() ? "free" : "held"); });
  CHECK_OUTCOMES(report, {{"held", 1}});
  CHECK_FALSE(mutex.try_lock());
  mutex.unlock();
  CHECK(mutex.try_lock());
  mutex.unlock();
}

TEST_CASE("an execution that ends with a mutex held leaves it free for the next") {
  std::mutex mutex;
  std::atomic<int> n = 0;
  CHECK_HOLDS(explore_all([&] {
    require(mutex.try_lock());
    parallel([&] { ++n; }, [&] { ++n; });
  }), 2u);
  CHECK(mutex.try_lock());
  mutex.unlock();
}

TEST_CASE("std::scoped_lock of two mutexes in opposite orders does not deadlock in any schedule") {
  for (const char* strategy : {"dfs", "dpor"}) {
    Options options;
    options.strategy = strategy;
    const Report report = explore_all([] {
      std::mutex a, b;
      parallel([&] { const std::scoped_lock lock(a, b); }, [&] { const std::scoped_lock lock(b, a); });
    }, options);
    INFO(strategy << ": " << text_of(report));
    CHECK(report.verdict == Verdict::pass);
    CHECK(report.complete);
  }
}
