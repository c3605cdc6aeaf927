// The checker lock-order: what it finds, and what is no inversion. Each case that is not found has a twin that is.
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <semaphore.h>

#include <interleave/primitives/lock.hpp>
#include <interleave/primitives/rlock.hpp>

#include "../annotations.hpp"
#include "../strategies.hpp"
#include "explored.hpp"

using namespace interleave;

namespace {

// The kind of what is found in any execution, or "" if all hold. A deadlock is no matter here: it ends an execution of its own.
std::string found(const std::function<void()>& body, const std::string& checks = "lock-order", Options options = {}) {
  options.checks = checks;
  options.stop_at_first_failure = true;
  options.strategy = "dpor";
  options.executions_max = 500;
  const Report report = explore(body, options);
  return report.failure ? report.failure->kind : "";
}

// One thread after the other, so that no schedule ends in a deadlock.
void one_after_the_other(const std::function<void()>& first, const std::function<void()>& second) {
  std::thread(first).join();
  std::thread(second).join();
}

template <class A, class B>
void both(A& a, B& b) {
  a.lock();
  b.lock();
  b.unlock();
  a.unlock();
}

struct Spinlock {
  Spinlock() { pthread_spin_init(&lock_, 0); }
  ~Spinlock() { pthread_spin_destroy(&lock_); }
  void lock() { pthread_spin_lock(&lock_); }
  void unlock() { pthread_spin_unlock(&lock_); }
  pthread_spinlock_t lock_;
};

// As a library makes one of atomics and tells ThreadSanitizer of it.
struct Annotated {
  void lock() {
    __tsan_mutex_pre_lock(this, 0);
    while (taken_.exchange(true)) std::this_thread::yield();
    __tsan_mutex_post_lock(this, 0, 0);
  }
  bool try_lock() {
    constexpr unsigned tries = 1 << 4, failed = 1 << 5;
    __tsan_mutex_pre_lock(this, tries);
    const bool takes = !taken_.exchange(true);
    __tsan_mutex_post_lock(this, takes ? tries : tries | failed, 0);
    return takes;
  }
  void unlock() {
    __tsan_mutex_pre_unlock(this, 0);
    taken_ = false;
    __tsan_mutex_post_unlock(this, 0);
  }
  std::atomic<bool> taken_ = false;
};

template <class L>
std::string inverted() {
  return found([] {
    L a, b;
    one_after_the_other([&] { both(a, b); }, [&] { both(b, a); });
  });
}

}  // namespace

static std::mutex first_lock, second_lock;  // whose names a reader is told

TEST_CASE("lock-order: opposite orders are found where no deadlock is possible, with both places and both names") {
  Options options{.checks = "lock-order"};
  const Report report = explore_all([] {
    one_after_the_other(
        [] {
          name_thread("left");
          both(first_lock, second_lock);
        },
        [] {
          name_thread("right");
          both(second_lock, first_lock);
        });
  }, options);
  REQUIRE(report.failure.has_value());
  CHECK(report.failure->kind == "lock-order");
  CHECK_THAT(report.failure->message, Catch::Matchers::Matches(
      "left takes first_lock \\(lock_order.cpp:[0-9]+\\) and then second_lock \\(lock_order.cpp:[0-9]+\\); "
      "right takes second_lock \\(lock_order.cpp:[0-9]+\\) and then first_lock \\(lock_order.cpp:[0-9]+\\): opposite orders, "
      "and no lock is held around all of them, so another schedule may end in a deadlock"));
  CHECK(report.failing == report.executions);

  options.schedule = report.failure->schedule;
  const auto body = [] {
    one_after_the_other([] { both(first_lock, second_lock); }, [] { both(second_lock, first_lock); });
  };
  options.name = "explore_all";
  const Report again = explore(body, options);
  REQUIRE(again.failure.has_value());
  CHECK(again.failure->kind == "lock-order");
  options.checks = "";
  CHECK_FALSE(explore(body, options).failure.has_value());
}

TEST_CASE("lock-order: off by default, and off again by no-lock-order") {
  const auto body = [] {
    std::mutex a, b;
    one_after_the_other([&] { both(a, b); }, [&] { both(b, a); });
  };
  CHECK(found(body) == "lock-order");
  CHECK(found(body, "") == "");
  CHECK(found(body, "lock-order,no-lock-order") == "");
  CHECK(found(body, "no-lock-order,lock-order") == "lock-order");
}

TEST_CASE("lock-order: every search and every sampler finds it in the first execution that has both orders") {
  std::vector<std::string> strategies = every_strategy();
  strategies.push_back("preemptions:bound=0/dfs");
  for (const std::string& strategy : strategies) {
    INFO(strategy);
    Options options{.strategy = strategy, .seed = 1, .executions_max = 1, .checks = "lock-order"};
    const Report report = explore([] {
      std::mutex a, b;
      one_after_the_other([&] { both(a, b); }, [&] { both(b, a); });
    }, options);
    REQUIRE(report.failure.has_value());
    CHECK(report.failure->kind == "lock-order");
  }
}

TEST_CASE("lock-order: of two threads that run side by side, as many executions fail under dpor as under dfs classes do") {
  Options options{.checks = "lock-order"};
  options.strategy = "dpor";
  const Report report = explore_all([] {
    std::mutex a, b;
    parallel([&] { both(a, b); }, [&] { both(b, a); });
  }, options);
  REQUIRE(report.failure.has_value());
  CHECK(report.failing == report.executions);  // two that are ordered, one that deadlocks
}

TEST_CASE("lock-order: one thread in both orders is none") {
  CHECK(found([] {
    std::mutex a, b;
    both(a, b);
    both(b, a);
  }) == "");
  CHECK(found([] {
    std::mutex a, b;
    both(a, b);
    std::thread([&] { both(b, a); }).join();
  }) == "lock-order");
}

TEST_CASE("lock-order: a lock that both hold around their orders is a guard; one that only one holds, or each another, is none") {
  const auto guarded = [](bool one, bool other, bool same) {
    return found([=] {
      std::mutex gate, other_gate, a, b;
      const auto around = [&](bool is, std::mutex& by, std::mutex& x, std::mutex& y) {
        std::unique_lock lock(by, std::defer_lock);
        if (is) lock.lock();
        both(x, y);
      };
      parallel([&] { around(one, gate, a, b); }, [&] { around(other, same ? gate : other_gate, b, a); });
    });
  };
  CHECK(guarded(true, true, true) == "");
  CHECK(guarded(true, true, false) != "");
  CHECK(guarded(true, false, true) != "");
}

TEST_CASE("lock-order: a guard that both only read is none; one that one of both writes is one") {
  const auto guarded = [](bool writes) {
    return found([=] {
      std::shared_mutex gate;
      std::mutex a, b;
      one_after_the_other(
          [&] {
            std::shared_lock lock(gate);
            both(a, b);
          },
          [&] {
            if (writes) {
              std::unique_lock lock(gate);
              both(b, a);
            } else {
              std::shared_lock lock(gate);
              both(b, a);
            }
          });
    });
  };
  CHECK(guarded(false) == "lock-order");
  CHECK(guarded(true) == "");
}

TEST_CASE("lock-order: a lock that is tried, or waited for with a timeout, is no order; one taken by a try is held") {
  const auto with = [](const std::function<void(std::timed_mutex&, std::timed_mutex&)>& second) {
    return found([&] {
      std::timed_mutex a, b;
      one_after_the_other([&] { both(a, b); }, [&] { second(b, a); });
    });
  };
  CHECK(with([](auto& x, auto& y) { both(x, y); }) == "lock-order");
  CHECK(with([](auto& x, auto& y) {
    const std::lock_guard lock(x);
    if (y.try_lock()) y.unlock();
  }) == "");
  CHECK(with([](auto& x, auto& y) {
    const std::lock_guard lock(x);
    if (y.try_lock_for(std::chrono::seconds(1))) y.unlock();
  }) == "");
  CHECK(with([](auto& x, auto& y) {  // held by a try, and then waits
    if (!x.try_lock()) return;
    y.lock();
    y.unlock();
    x.unlock();
  }) == "lock-order");
}

TEST_CASE("lock-order: a try that fails takes nothing") {
  CHECK(found([] {
    std::mutex a, b;
    both(b, a);
    a.lock();
    std::thread([&] {
      if (a.try_lock()) return a.unlock();
      const std::lock_guard alone(b);
    }).join();
    a.unlock();
  }) == "");
}

TEST_CASE("lock-order: std::lock and std::scoped_lock, in whatever order they are given the locks") {
  CHECK(found([] {
    std::mutex a, b;
    parallel([&] { const std::scoped_lock lock(a, b); }, [&] { const std::scoped_lock lock(b, a); });
  }) == "");
  CHECK(found([] {
    std::mutex a, b, c;
    parallel([&] { std::lock(a, b, c), a.unlock(), b.unlock(), c.unlock(); }, [&] { std::lock(c, b, a), a.unlock(), b.unlock(), c.unlock(); });
  }) == "");
  // Not both at once: one is held before.
  CHECK(found([] {
    std::mutex a, b, c;
    one_after_the_other(
        [&] {
          const std::lock_guard outer(c);
          const std::scoped_lock lock(a, b);
        },
        [&] {
          const std::lock_guard outer(a);
          const std::lock_guard inner(c);
        });
  }) == "lock-order");
}

TEST_CASE("lock-order: readers do not wait for readers, but writers and readers do") {
  const auto orders = [](bool reads_first, bool reads_second) {
    return found([=] {
      std::shared_mutex a, b;
      const auto take = [](std::shared_mutex& x, std::shared_mutex& y, bool second_reads) {
        std::shared_lock outer(x);
        if (second_reads) {
          std::shared_lock inner(y);
        } else {
          std::unique_lock inner(y);
        }
      };
      one_after_the_other([&] { take(a, b, reads_first); }, [&] { take(b, a, reads_second); });
    });
  };
  CHECK(orders(true, true) == "");
  CHECK(orders(false, true) == "");  // who wants to read waits for nobody
  CHECK(orders(false, false) == "lock-order");
}

TEST_CASE("lock-order: a writer that waits behind readers, where writers come first") {
  const auto orders = [](bool inverted) {
    return found([=] {
      pthread_rwlockattr_t attributes;
      pthread_rwlockattr_init(&attributes);
      pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
      pthread_rwlock_t lock;
      pthread_rwlock_init(&lock, &attributes);
      std::mutex mutex;
      std::thread reader([&] {
        pthread_rwlock_rdlock(&lock);
        pthread_rwlock_unlock(&lock);
      });
      std::thread writer([&] {
        const std::lock_guard held(mutex);
        pthread_rwlock_wrlock(&lock);
        pthread_rwlock_unlock(&lock);
      });
      reader.join();
      writer.join();
      pthread_rwlock_wrlock(&lock);
      if (inverted) {
        mutex.lock();
        mutex.unlock();
      }
      pthread_rwlock_unlock(&lock);
      pthread_rwlock_destroy(&lock);
    });
  };
  CHECK(orders(true) == "lock-order");
  CHECK(orders(false) == "");
}

TEST_CASE("lock-order: a recursive lock that is taken again is no order, and is held until it is given back as often") {
  CHECK(found([] {
    std::recursive_mutex a;
    std::mutex b;
    one_after_the_other(
        [&] {
          const std::lock_guard outer(a);
          const std::lock_guard middle(b);
          const std::lock_guard inner(a);  // waits for nobody
        },
        [&] { both(a, b); });
  }) == "");
  CHECK(found([] {
    std::recursive_mutex a;
    std::mutex b;
    one_after_the_other(
        [&] {
          a.lock();
          a.lock();
          a.unlock();
          b.lock();  // a is still held
          b.unlock();
          a.unlock();
        },
        [&] {
          const std::lock_guard outer(b);
          const std::lock_guard inner(a);
        });
  }) == "lock-order");
}

TEST_CASE("lock-order: a condition wait gives its mutex back, and takes it again when it ends") {
  // The waiter holds `outer`, and takes `mutex` again after its sleep: an order outer -> mutex, which the notifier has the other way round.
  const auto orders = [](bool holds_outer) {
    return found([=] {
      std::mutex outer, mutex;
      std::condition_variable condition;
      bool ready = false;
      mutex.lock();  // before the other
      std::thread notifier([&] {
        const std::lock_guard lock(mutex);
        if (holds_outer) {
          if (outer.try_lock()) outer.unlock();
        }
        ready = true;
        condition.notify_one();
      });
      std::unique_lock lock(mutex, std::adopt_lock);
      if (holds_outer) outer.lock();  // mutex -> outer, of the body's thread
      condition.wait(lock, [&] { return ready; });  // outer -> mutex, of the same thread
      if (holds_outer) outer.unlock();
      lock.unlock();
      notifier.join();
      std::thread([&] {
        const std::lock_guard one(mutex);
        const std::lock_guard other(outer);
      }).join();
    });
  };
  CHECK(orders(true) == "lock-order");
  CHECK(orders(false) == "");
}

TEST_CASE("lock-order: what a thread locks while it waits for a condition with the mutex given back is no order") {
  CHECK(found([] {
    std::mutex mutex, other;
    std::condition_variable condition;
    bool ready = false;
    std::thread waiter([&] {
      std::unique_lock lock(mutex);
      condition.wait(lock, [&] { return ready; });
      lock.unlock();
      const std::lock_guard alone(other);
    });
    std::thread notifier([&] {
      const std::lock_guard outer(other);
      const std::lock_guard lock(mutex);
      ready = true;
      condition.notify_one();
    });
    waiter.join();
    notifier.join();
  }) == "");
}

TEST_CASE("lock-order: of spinlocks, of semaphores that are used as locks, and of Lock and RLock") {
  CHECK(inverted<std::mutex>() == "lock-order");
  CHECK(inverted<std::recursive_timed_mutex>() == "lock-order");
  CHECK(inverted<std::shared_mutex>() == "lock-order");
  CHECK(inverted<Spinlock>() == "lock-order");
  CHECK(inverted<Lock>() == "lock-order");
  CHECK(inverted<RLock>() == "lock-order");
  CHECK(inverted<Annotated>() == "lock-order");
  CHECK(found([] {
    Annotated a, b;
    one_after_the_other([&] { both(a, b); }, [&] {
      b.lock();
      if (a.try_lock()) a.unlock();
      b.unlock();
    });
  }) == "");
}

TEST_CASE("lock-order: a semaphore that hands over or has several permits is no lock") {
  // Each thread waits for the other's semaphore while it has its own: a rendezvous, which no lock is.
  CHECK(found([] {
    sem_t a, b;
    sem_init(&a, 0, 0);
    sem_init(&b, 0, 0);
    parallel([&] { sem_post(&a), sem_wait(&b), sem_post(&a); }, [&] { sem_wait(&a), sem_post(&b), sem_wait(&a), sem_post(&b); });
    sem_destroy(&a);
    sem_destroy(&b);
  }) == "");
  const auto permits = [](unsigned many) {
    return found([=] {
      sem_t a, b;
      sem_init(&a, 0, many);
      sem_init(&b, 0, many);
      sem_wait(&a);  // with one permit more, two threads have one
      std::thread user([&] {
        if (many > 1) sem_wait(&a), sem_post(&a);
      });
      user.join();
      sem_post(&a);
      const auto nested = [](sem_t* x, sem_t* y) { sem_wait(x), sem_wait(y), sem_post(y), sem_post(x); };
      one_after_the_other([&] { nested(&a, &b); }, [&] { nested(&b, &a); });
      sem_destroy(&a);
      sem_destroy(&b);
    });
  };
  CHECK(permits(1) == "lock-order");
  CHECK(permits(2) == "");
}

TEST_CASE("lock-order: a Lock that another thread releases is no lock of who has taken it") {
  CHECK(found([] {
    Lock a, b;
    a.acquire();
    std::thread([&] { a.release(); }).join();  // handed over
    one_after_the_other([&] { both(a, b); }, [&] { both(b, a); });
  }) == "");
}

TEST_CASE("lock-order: a lock at the address of one that was destroyed is another lock") {
  const auto again = [](bool destroyed) {
    return found([=] {
      pthread_mutex_t a, b;
      const auto renew = [&] {
        pthread_mutex_init(&a, nullptr);
        pthread_mutex_init(&b, nullptr);
      };
      const auto nested = [](pthread_mutex_t* x, pthread_mutex_t* y) {
        pthread_mutex_lock(x), pthread_mutex_lock(y), pthread_mutex_unlock(y), pthread_mutex_unlock(x);
      };
      renew();
      std::thread([&] { nested(&a, &b); }).join();
      if (destroyed) {
        pthread_mutex_destroy(&a);
        pthread_mutex_destroy(&b);
        renew();
      }
      std::thread([&] { nested(&b, &a); }).join();
    });
  };
  CHECK(again(true) == "");
  CHECK(again(false) == "lock-order");
  // The same of Interleave's own, whose constructors and destructors say so.
  CHECK(found([] {
    std::optional<Lock> a(std::in_place), b(std::in_place);
    std::thread([&] { both(*a, *b); }).join();
    a.emplace();
    b.emplace();
    std::thread([&] { both(*b, *a); }).join();
  }) == "");
}

TEST_CASE("lock-order: where blocks are used again, a lock in a block that was freed is forgotten") {
  Options options;
  options.heap = "reuse";
  CHECK(found([] {
    auto locks = std::make_unique<std::mutex[]>(2);
    std::thread([&] { both(locks[0], locks[1]); }).join();
    locks.reset();
    locks = std::make_unique<std::mutex[]>(2);
    std::thread([&] { both(locks[1], locks[0]); }).join();
  }, "lock-order", options) == "");
}

TEST_CASE("lock-order: cycles of three locks, and of three with a guard for two") {
  const auto philosophers = [](bool guard) {
    return found([=] {
      std::mutex forks[3], gate;
      for (int i = 0; i < 3; ++i)
        std::thread([&, i] {
          std::unique_lock lock(gate, std::defer_lock);
          if (guard && i < 2) lock.lock();
          both(forks[i], forks[(i + 1) % 3]);
        }).join();
    });
  };
  CHECK(philosophers(false) == "lock-order");
  CHECK(philosophers(true) == "");
}

TEST_CASE("lock-order: orders of different executions are not put together") {
  const auto orders = [](bool in_one) {
    return found([=] {
      std::mutex a, b;
      const std::size_t which = in_one ? 2 : choose(2);
      std::thread([&] {
        if (which != 1) both(a, b);
      }).join();
      std::thread([&] {
        if (which != 0) both(b, a);
      }).join();
    });
  };
  CHECK(orders(true) == "lock-order");
  CHECK(orders(false) == "");
}
