// <mutex>, pthread mutexes of every kind, the attributes of all, spinlocks.
#include "surface.hpp"

#include <cerrno>
#include <ctime>
#include <mutex>
#include <thread>

#include <pthread.h>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

struct Mutex {
  explicit Mutex(int kind, int robust = PTHREAD_MUTEX_STALLED, int protocol = PTHREAD_PRIO_NONE) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutexattr_setrobust(&attributes, robust);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    if (protocol == PTHREAD_PRIO_PROTECT) pthread_mutexattr_setprioceiling(&attributes, 10);
    error = pthread_mutex_init(&mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  ~Mutex() { pthread_mutex_destroy(&mutex); }
  pthread_mutex_t* get() { return &mutex; }
  pthread_mutex_t mutex;
  int error;
};

}  // namespace

TEST_CASE("std::mutex: lock, unlock, try_lock") {
  const auto with_lock = [](auto& m) { m.lock(), m.unlock(); };
  const auto with_try = [](auto& m) { return m.try_lock() && (m.unlock(), true); };
  holds({.executions = 3, .outcomes = {"got", "not"}}, tried<std::mutex>(with_lock, with_try));
  holds({.executions = 3, .outcomes = {"got", "not"}}, tried<std::recursive_mutex>(with_lock, with_try));
}

TEST_CASE("std::recursive_mutex: taken again by its owner, also by a try") {
  holds({.executions = 2, .outcomes = {"1"}}, [] {
    std::recursive_mutex mutex;
    int inside = 0;
    const auto twice = [&] {
      const std::lock_guard outer(mutex);
      const std::unique_lock inner(mutex, std::try_to_lock);
      require(inner.owns_lock());
      outcome(std::to_string(++inside));
      --inside;
    };
    parallel(twice, twice);
  });
}

TEST_CASE("std::timed_mutex and std::recursive_timed_mutex: try_lock_for and try_lock_until") {
  // pthread_mutex_clocklock, which clang 14's ThreadSanitizer does not know.
  const auto lock = [](auto& m) { m.lock(), m.unlock(); };
  const Expected as_a_try{.executions = 3, .outcomes = {"got", "not"}, .real = Real::no};
  holds(as_a_try, tried<std::timed_mutex>(lock, [](auto& m) { return m.try_lock_for(1s) && (m.unlock(), true); }));
  holds(as_a_try, tried<std::recursive_timed_mutex>(lock, [](auto& m) {
          return m.try_lock_until(std::chrono::system_clock::now() + 1s) && (m.unlock(), true);
        }));
  holds(as_a_try, tried<std::recursive_timed_mutex>(lock, [](auto& m) {
          return m.try_lock_until(std::chrono::steady_clock::now() + 1s) && (m.unlock(), true);
        }));
}

TEST_CASE("std::lock_guard, std::unique_lock and its tags, std::scoped_lock of one") {
  holds({.executions = 1}, [] {
    std::mutex mutex;
    { const std::lock_guard guard(mutex); }
    { mutex.lock(); const std::lock_guard guard(mutex, std::adopt_lock); }
    { const std::scoped_lock guard(mutex); }
    std::unique_lock deferred(mutex, std::defer_lock);
    REQUIRE_FALSE(deferred.owns_lock());
    REQUIRE(deferred.try_lock());
    REQUIRE_THROWS_AS(deferred.lock(), std::system_error);
    std::unique_lock moved(std::move(deferred));
    REQUIRE(moved.owns_lock());
    REQUIRE(moved.release() == &mutex);
    mutex.unlock();
    REQUIRE_THROWS_AS(moved.unlock(), std::system_error);
  });
}

TEST_CASE("std::lock, std::try_lock and std::scoped_lock of several mutexes: no deadlock, whatever the order") {
  // std::lock backs off and tries again, in a loop in which two threads can keep each other as long as they like.
  holds({.outcomes = {"2"}, .by = By::classes}, [] {
    std::mutex a, b;
    int n = 0;
    parallel([&] { const std::scoped_lock both(a, b); ++n; },
             [&] {
               std::unique_lock second(b, std::defer_lock), first(a, std::defer_lock);
               std::lock(second, first);
               ++n;
             });
    outcome(std::to_string(n));
  });
  // Of three mutexes, they can do so in too many ways.
  holds({.outcomes = {"2"}, .by = By::sample}, [] {
    std::mutex a, b, c;
    int n = 0;
    parallel([&] { const std::scoped_lock all(a, b, c); ++n; },
             [&] {
               std::unique_lock third(c, std::defer_lock), second(b, std::defer_lock), first(a, std::defer_lock);
               std::lock(third, second, first);
               ++n;
             });
    outcome(std::to_string(n));
  });
  // Which of the two could not be had, or -1.
  for (const bool second : {false, true}) {
    holds({.outcomes = {"-1", second ? "1" : "0"}}, [second] {
      std::mutex a, b;
      parallel([&] { const std::lock_guard lock(second ? b : a); },
               [&] {
                 const int failed = std::try_lock(a, b);
                 outcome(std::to_string(failed));
                 if (failed == -1) a.unlock(), b.unlock();
               });
    });
  }
}

TEST_CASE("pthread_mutex_t, normal: lock, trylock, timedlock, clocklock, unlock") {
  const auto lock = [](Mutex& m) { pthread_mutex_lock(m.get()), pthread_mutex_unlock(m.get()); };
  const auto with = [](int (*take)(pthread_mutex_t*)) {
    return [take](Mutex& m) { return take(m.get()) == 0 && pthread_mutex_unlock(m.get()) == 0; };
  };
  struct Normal : Mutex {
    Normal() : Mutex(PTHREAD_MUTEX_NORMAL) {}
  };
  holds({.executions = 3, .outcomes = {"got", "not"}}, tried<Normal>(lock, with([](auto m) { return pthread_mutex_trylock(m); })));
  holds({.executions = 3, .outcomes = {"got", "not"}, .real = Real::no}, tried<Normal>(lock, with([](auto m) {
          const timespec until = in_a_second(CLOCK_REALTIME);
          return pthread_mutex_timedlock(m, &until);
        })));
  holds({.executions = 3, .outcomes = {"got", "not"}, .real = Real::no}, tried<Normal>(lock, with([](auto m) {
          const timespec until = in_a_second(CLOCK_MONOTONIC);
          return pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &until);
        })));
}

TEST_CASE("pthread_mutex_t, recursive and errorcheck: what POSIX says of each misuse") {
  holds({.executions = 1, .real = Real::no}, [] {
    Mutex recursive(PTHREAD_MUTEX_RECURSIVE), checking(PTHREAD_MUTEX_ERRORCHECK);
    REQUIRE(pthread_mutex_lock(recursive.get()) == 0);
    REQUIRE(pthread_mutex_trylock(recursive.get()) == 0);
    REQUIRE(pthread_mutex_destroy(recursive.get()) == EBUSY);
    REQUIRE(pthread_mutex_unlock(recursive.get()) == 0);
    std::thread([&] { REQUIRE(pthread_mutex_trylock(recursive.get()) == EBUSY); }).join();
    REQUIRE(pthread_mutex_unlock(recursive.get()) == 0);
    REQUIRE(pthread_mutex_unlock(recursive.get()) == EPERM);
    REQUIRE(pthread_mutex_lock(checking.get()) == 0);
    REQUIRE(pthread_mutex_lock(checking.get()) == EDEADLK);
    REQUIRE(pthread_mutex_unlock(checking.get()) == 0);
    REQUIRE(pthread_mutex_unlock(checking.get()) == EPERM);
  });
}

TEST_CASE("pthread_mutex_t, adaptive and statically initialised") {
  static pthread_mutex_t adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP, recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
  holds({.executions = 2}, [] {
    const auto use = [] {
      pthread_mutex_lock(&adaptive);
      pthread_mutex_lock(&recursive);
      pthread_mutex_lock(&recursive);
      pthread_mutex_unlock(&recursive);
      pthread_mutex_unlock(&recursive);
      pthread_mutex_unlock(&adaptive);
    };
    parallel(use, use);
  });
}

TEST_CASE("pthread_mutex_t, robust: the next owner is told that the last one ended, and may make it consistent") {
  // The owner L, then its end E; the other's lock before L, or after E: between them it waits.
  holds({.executions = 2, .outcomes = {"fine", "owner died"}, .real = Real::no}, [] {
    Mutex mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
    int guarded = 0;
    parallel([&] { pthread_mutex_lock(mutex.get()); ++guarded; },
             [&] {
               const int result = pthread_mutex_lock(mutex.get());
               ++guarded;  // ordered by the end of the owner: no race
               outcome(result == 0 ? "fine" : result == EOWNERDEAD ? "owner died" : "?");
               if (result == 0) REQUIRE(pthread_mutex_consistent(mutex.get()) == EINVAL);
               if (result == EOWNERDEAD) REQUIRE(pthread_mutex_consistent(mutex.get()) == 0);
               REQUIRE(pthread_mutex_unlock(mutex.get()) == 0);
             });
  });
}

TEST_CASE("pthread_mutex_t, robust: unlocked without being made consistent, it is of no use to anybody") {
  holds({.executions = 1, .real = Real::no}, [] {
    Mutex mutex(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ROBUST);
    std::thread([&] {
      pthread_mutex_lock(mutex.get());
      pthread_mutex_lock(mutex.get());
      pthread_exit(nullptr);
    }).join();
    std::thread([&] {
      REQUIRE(pthread_mutex_trylock(mutex.get()) == EOWNERDEAD);  // and ends with it as well
    }).join();
    REQUIRE(pthread_mutex_unlock(mutex.get()) == EPERM);
    REQUIRE(pthread_mutex_lock(mutex.get()) == EOWNERDEAD);
    REQUIRE(pthread_mutex_unlock(mutex.get()) == 0);
    REQUIRE(pthread_mutex_lock(mutex.get()) == ENOTRECOVERABLE);
    REQUIRE(pthread_mutex_trylock(mutex.get()) == ENOTRECOVERABLE);
    const timespec until = in_a_second(CLOCK_REALTIME);
    REQUIRE(pthread_mutex_timedlock(mutex.get(), &until) == ENOTRECOVERABLE);
    REQUIRE(pthread_mutex_unlock(mutex.get()) == EPERM);
  });
}

TEST_CASE("pthread_cond_wait says that the owner of its robust mutex has ended") {
  holds({.executions = 1, .outcomes = {"owner died"}, .real = Real::no}, [] {
    Mutex mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(mutex.get());
    std::thread thread([&] {
      pthread_mutex_lock(mutex.get());
      pthread_cond_signal(&condition);
    });
    const int result = pthread_cond_wait(&condition, mutex.get());
    outcome(result == EOWNERDEAD ? "owner died" : "?");
    thread.join();
  });
}

TEST_CASE("a mutex that is not robust stays locked when its owner ends: the next one waits for ever") {
  fails(1, 1, "deadlock", "", [] {
    std::mutex mutex;
    std::thread([&] { mutex.lock(); }).join();
    mutex.lock();
  });
}

TEST_CASE("pthread_mutex_t with a priority protocol: accepted, and a mutex like any other") {
  for (const int protocol : {PTHREAD_PRIO_INHERIT, PTHREAD_PRIO_PROTECT}) {
    holds({.executions = 3, .outcomes = {"got", "not"}, .real = Real::no}, [=] {
      Mutex mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, protocol);
      REQUIRE(mutex.error == 0);
      parallel([&] { pthread_mutex_lock(mutex.get()), pthread_mutex_unlock(mutex.get()); },
               [&] {
                 const int result = pthread_mutex_trylock(mutex.get());
                 outcome(result == 0 ? "got" : "not");
                 if (result == 0) pthread_mutex_unlock(mutex.get());
               });
      int ceiling = 0;
      REQUIRE(pthread_mutex_getprioceiling(mutex.get(), &ceiling) == (protocol == PTHREAD_PRIO_PROTECT ? 0 : EINVAL));
      if (protocol == PTHREAD_PRIO_PROTECT) REQUIRE(ceiling == 10);
    });
  }
}

TEST_CASE("attributes of mutexes, reader-writer locks, barriers and conditions: what is set can be got") {
  holds({.executions = 1}, [] {
    pthread_mutexattr_t mutex;
    int value = 9;
    REQUIRE(pthread_mutexattr_init(&mutex) == 0);
    REQUIRE(pthread_mutexattr_settype(&mutex, PTHREAD_MUTEX_ERRORCHECK) == 0);
    REQUIRE((pthread_mutexattr_gettype(&mutex, &value) == 0 && value == PTHREAD_MUTEX_ERRORCHECK));
    REQUIRE(pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) == 0);
    REQUIRE((pthread_mutexattr_getrobust(&mutex, &value) == 0 && value == PTHREAD_MUTEX_STALLED));
    REQUIRE((pthread_mutexattr_getprotocol(&mutex, &value) == 0 && value == PTHREAD_PRIO_NONE));
    REQUIRE(pthread_mutexattr_getprioceiling(&mutex, &value) == 0);
    REQUIRE((pthread_mutexattr_getpshared(&mutex, &value) == 0 && value == PTHREAD_PROCESS_SHARED));
    REQUIRE(pthread_mutexattr_destroy(&mutex) == 0);
    pthread_rwlockattr_t rwlock;
    REQUIRE(pthread_rwlockattr_init(&rwlock) == 0);
    REQUIRE((pthread_rwlockattr_getkind_np(&rwlock, &value) == 0 && value == PTHREAD_RWLOCK_PREFER_READER_NP));
    REQUIRE(pthread_rwlockattr_setkind_np(&rwlock, PTHREAD_RWLOCK_PREFER_WRITER_NP) == 0);
    REQUIRE((pthread_rwlockattr_getkind_np(&rwlock, &value) == 0 && value == PTHREAD_RWLOCK_PREFER_WRITER_NP));
    REQUIRE(pthread_rwlockattr_setpshared(&rwlock, PTHREAD_PROCESS_SHARED) == 0);
    REQUIRE((pthread_rwlockattr_getpshared(&rwlock, &value) == 0 && value == PTHREAD_PROCESS_SHARED));
    REQUIRE(pthread_rwlockattr_destroy(&rwlock) == 0);
    pthread_barrierattr_t barrier;
    REQUIRE(pthread_barrierattr_init(&barrier) == 0);
    REQUIRE(pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED) == 0);
    REQUIRE((pthread_barrierattr_getpshared(&barrier, &value) == 0 && value == PTHREAD_PROCESS_SHARED));
    REQUIRE(pthread_barrierattr_destroy(&barrier) == 0);
    pthread_condattr_t condition;
    REQUIRE(pthread_condattr_init(&condition) == 0);
    REQUIRE(pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED) == 0);
    REQUIRE((pthread_condattr_getpshared(&condition, &value) == 0 && value == PTHREAD_PROCESS_SHARED));
    REQUIRE(pthread_condattr_destroy(&condition) == 0);
  });
}

TEST_CASE("pthread_spinlock_t: whoever waits for it sleeps") {
  struct Spinlock {
    Spinlock() { pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE); }
    ~Spinlock() { pthread_spin_destroy(&lock); }
    pthread_spinlock_t lock;
  };
  const auto lock = [](Spinlock& s) { pthread_spin_lock(&s.lock), pthread_spin_unlock(&s.lock); };
  holds({.executions = 2, .outcomes = {"got"}}, tried<Spinlock>(lock, [&](Spinlock& s) { return lock(s), true; }));
  holds({.executions = 3, .outcomes = {"got", "not"}}, tried<Spinlock>(lock, [](Spinlock& s) {
          return pthread_spin_trylock(&s.lock) == 0 && pthread_spin_unlock(&s.lock) == 0;
        }));
}
