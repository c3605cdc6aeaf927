// <shared_mutex> and the reader-writer locks of POSIX.
#include "surface.hpp"

#include <cerrno>
#include <ctime>
#include <shared_mutex>
#include <thread>

#include <pthread.h>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("std::shared_mutex: readers side by side, a writer alone") {
  // Readers: 2 and 2 steps, all 6 interleavings; as writers: one after the other.
  const auto both = [](auto enter, auto leave) {
    return [=] {
      std::shared_mutex mutex;
      const auto thread = [&] { enter(mutex), leave(mutex); };
      parallel(thread, thread);
    };
  };
  holds({.executions = 6}, both([](auto& m) { m.lock_shared(); }, [](auto& m) { m.unlock_shared(); }));
  holds({.executions = 2}, both([](auto& m) { m.lock(); }, [](auto& m) { m.unlock(); }));
  const auto write = [](auto& m) { m.lock(), m.unlock(); };
  const auto read = [](auto& m) { m.lock_shared(), m.unlock_shared(); };
  const Expected as_a_try{.executions = 3, .outcomes = {"got", "not"}};
  holds(as_a_try, tried<std::shared_mutex>(write, [](auto& m) { return m.try_lock() && (m.unlock(), true); }));
  holds(as_a_try, tried<std::shared_mutex>(write, [](auto& m) { return m.try_lock_shared() && (m.unlock_shared(), true); }));
  holds(as_a_try, tried<std::shared_mutex>(read, [](auto& m) { return m.try_lock() && (m.unlock(), true); }));
  // A reader's try beside a reader: always got.
  holds({.executions = 6, .outcomes = {"got"}},
        tried<std::shared_mutex>(read, [](auto& m) { return m.try_lock_shared() && (m.unlock_shared(), true); }));
}

TEST_CASE("std::shared_timed_mutex and std::shared_lock: the timed forms are tries") {
  // pthread_rwlock_clockrdlock and clockwrlock: unknown to ThreadSanitizer.
  const auto write = [](auto& m) { m.lock(), m.unlock(); };
  const Expected as_a_try{.executions = 3, .outcomes = {"got", "not"}, .real = Real::no};
  holds(as_a_try, tried<std::shared_timed_mutex>(write, [](auto& m) { return m.try_lock_for(1s) && (m.unlock(), true); }));
  holds(as_a_try, tried<std::shared_timed_mutex>(write, [](auto& m) {
          return m.try_lock_until(std::chrono::system_clock::now() + 1s) && (m.unlock(), true);
        }));
  holds(as_a_try, tried<std::shared_timed_mutex>(write, [](auto& m) { return std::shared_lock(m, 1s).owns_lock(); }));
  holds(as_a_try, tried<std::shared_timed_mutex>(write, [](auto& m) {
          return std::shared_lock(m, std::chrono::steady_clock::now() + 1s).owns_lock();
        }));
}

TEST_CASE("pthread_rwlock_t: all ten ways in, and the way out") {
  struct Rwlock {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    ~Rwlock() { pthread_rwlock_destroy(&lock); }
  };
  const auto write = [](Rwlock& l) { pthread_rwlock_wrlock(&l.lock), pthread_rwlock_unlock(&l.lock); };
  const auto with = [](int (*take)(pthread_rwlock_t*)) {
    return [take](Rwlock& l) { return take(&l.lock) == 0 && pthread_rwlock_unlock(&l.lock) == 0; };
  };
  const Expected as_a_try{.executions = 3, .outcomes = {"got", "not"}}, in_model{.executions = 3, .outcomes = {"got", "not"}, .real = Real::no};
  holds({.executions = 2, .outcomes = {"got"}}, tried<Rwlock>(write, with([](auto l) { return pthread_rwlock_rdlock(l); })));
  holds({.executions = 2, .outcomes = {"got"}}, tried<Rwlock>(write, with([](auto l) { return pthread_rwlock_wrlock(l); })));
  holds(as_a_try, tried<Rwlock>(write, with([](auto l) { return pthread_rwlock_tryrdlock(l); })));
  holds(as_a_try, tried<Rwlock>(write, with([](auto l) { return pthread_rwlock_trywrlock(l); })));
  holds(in_model, tried<Rwlock>(write, with([](auto l) {
          const timespec t = in_a_second(CLOCK_REALTIME);
          return pthread_rwlock_timedrdlock(l, &t);
        })));
  holds(in_model, tried<Rwlock>(write, with([](auto l) {
          const timespec t = in_a_second(CLOCK_REALTIME);
          return pthread_rwlock_timedwrlock(l, &t);
        })));
  holds(in_model, tried<Rwlock>(write, with([](auto l) {
          const timespec t = in_a_second(CLOCK_MONOTONIC);
          return pthread_rwlock_clockrdlock(l, CLOCK_MONOTONIC, &t);
        })));
  holds(in_model, tried<Rwlock>(write, with([](auto l) {
          const timespec t = in_a_second(CLOCK_MONOTONIC);
          return pthread_rwlock_clockwrlock(l, CLOCK_MONOTONIC, &t);
        })));
  holds({.executions = 1, .real = Real::no}, [] {
    pthread_rwlock_t lock;
    REQUIRE(pthread_rwlock_init(&lock, nullptr) == 0);
    REQUIRE(pthread_rwlock_wrlock(&lock) == 0);
    REQUIRE(pthread_rwlock_wrlock(&lock) == EDEADLK);
    REQUIRE(pthread_rwlock_rdlock(&lock) == EDEADLK);
    REQUIRE(pthread_rwlock_destroy(&lock) == EBUSY);
    REQUIRE(pthread_rwlock_unlock(&lock) == 0);
    REQUIRE(pthread_rwlock_destroy(&lock) == 0);
  });
}

TEST_CASE("PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP: no reader comes in while a writer waits") {
  holds({.executions = 4, .outcomes = {"came in", "kept out"}}, [] {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    REQUIRE(pthread_rwlock_rdlock(&lock) == 0);
    std::thread writer([&] {
      REQUIRE(pthread_rwlock_wrlock(&lock) == 0);
      REQUIRE(pthread_rwlock_unlock(&lock) == 0);
    });
    bool in;
    do {
      in = pthread_rwlock_tryrdlock(&lock) == 0;
      if (in) REQUIRE(pthread_rwlock_unlock(&lock) == 0);
    } while (in && !modelled());  // on real threads the writer comes some time
    REQUIRE(pthread_rwlock_unlock(&lock) == 0);
    writer.join();
    REQUIRE(pthread_rwlock_destroy(&lock) == 0);
    outcome(in ? "came in" : "kept out");
  });
}
