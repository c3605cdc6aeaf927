// Reader-writer locks, POSIX and standard.
#include "explored.hpp"

#include <cerrno>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <pthread.h>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("readers do not exclude each other") {
  // r u | r u: all six interleavings.
  CHECK_HOLDS(explore_all([] {
    std::shared_mutex mutex;
    const auto read = [&] { const std::shared_lock lock(mutex); };
    parallel(read, read);
  }), 6u);
}

TEST_CASE("a writer excludes readers and writers") {
  CHECK_HOLDS(explore_all([] {
    std::shared_mutex mutex;
    parallel([&] { const std::lock_guard lock(mutex); }, [&] { const std::shared_lock lock(mutex); });
  }), 2u);
  CHECK_HOLDS(explore_all([] {
    std::shared_mutex mutex;
    const auto write = [&] { const std::lock_guard lock(mutex); };
    parallel(write, write, write);
  }), 6u);
  // Two readers and a writer: before, between or after. W R R: 6. R R W: 6. R W R: 2.
  CHECK_HOLDS(explore_all([] {
    std::shared_mutex mutex;
    const auto read = [&] { const std::shared_lock lock(mutex); };
    parallel([&] { const std::lock_guard lock(mutex); }, read, read);
  }), 14u);
}

TEST_CASE("tries and timed attempts find what is there when they are scheduled") {
  const auto beside_a_writer = [](auto attempt) {
    return explore_all([attempt] {
      std::shared_timed_mutex mutex;
      parallel([&] { const std::lock_guard lock(mutex); }, [&] { outcome(attempt(mutex) ? "got" : "not"); });
    }).outcomes;
  };
  const Outcomes as_a_try{{"got", 2}, {"not", 1}};
  const auto reading = [](auto attempt) {
    return [attempt](auto& m) { return attempt(m) && (m.unlock_shared(), true); };
  };
  const auto writing = [](auto attempt) {
    return [attempt](auto& m) { return attempt(m) && (m.unlock(), true); };
  };
  CHECK(beside_a_writer(reading([](auto& m) { return m.try_lock_shared(); })) == as_a_try);
  CHECK(beside_a_writer(writing([](auto& m) { return m.try_lock(); })) == as_a_try);
  CHECK(beside_a_writer(reading([](auto& m) { return m.try_lock_shared_for(1s); })) == as_a_try);
  CHECK(beside_a_writer(writing([](auto& m) { return m.try_lock_for(1s); })) == as_a_try);
  CHECK(beside_a_writer(reading([](auto& m) { return m.try_lock_shared_until(std::chrono::system_clock::now() + 1s); })) == as_a_try);
  CHECK(beside_a_writer(writing([](auto& m) { return m.try_lock_until(std::chrono::system_clock::now() + 1s); })) == as_a_try);
}

TEST_CASE("a thread that holds the lock for writing is told so when it wants it again") {
  CHECK_HOLDS(explore_all([] {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    REQUIRE(pthread_rwlock_wrlock(&lock) == 0);
    REQUIRE(pthread_rwlock_wrlock(&lock) == EDEADLK);
    REQUIRE(pthread_rwlock_rdlock(&lock) == EDEADLK);
    REQUIRE(pthread_rwlock_trywrlock(&lock) == EBUSY);
    REQUIRE(pthread_rwlock_tryrdlock(&lock) == EBUSY);
    REQUIRE(pthread_rwlock_unlock(&lock) == 0);
    REQUIRE(pthread_rwlock_destroy(&lock) == 0);
  }), 1u);
}

TEST_CASE("two readers who both want to write wait for each other") {
  const Report report = explore_all([] {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    const auto upgrade = [&] {
      pthread_rwlock_rdlock(&lock);
      pthread_rwlock_wrlock(&lock);
    };
    parallel(upgrade, upgrade);
  });
  CHECK(report.failing == report.executions);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "deadlock");
}

TEST_CASE("unlocking a reader-writer lock that nobody holds is a misuse") {
  const Report report = explore_all([] {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_unlock(&lock);
  });
  CHECK_FAILS(report, 1u, 1u, "misuse");
}
