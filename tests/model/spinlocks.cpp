// Locks that are taken by spinning, proved; and one that is not a lock.
#include <sched.h>

#include <array>
#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "spinning.hpp"

using interleave::outcome;
using interleave::parallel;

namespace {

struct TestAndSet {
  std::atomic<int> taken{0};
  void lock() {
    while (taken.exchange(1) != 0) {
    }
  }
  void unlock() { taken.store(0); }
};

struct TestAndTestAndSet {
  std::atomic<int> taken{0};
  void lock() {
    while (true) {
      while (taken.load() != 0) sched_yield();
      if (taken.exchange(1) == 0) return;
    }
  }
  void unlock() { taken.store(0); }
};

struct CompareAndSet {
  std::atomic<int> taken{0};
  void lock() {
    int free = 0;
    while (!taken.compare_exchange_weak(free, 1)) free = 0;
  }
  void unlock() { taken.store(0); }
};

struct Ticket {
  std::atomic<int> next{0}, serving{0};
  void lock() {
    const int mine = next.fetch_add(1);
    while (serving.load() != mine) {
    }
  }
  void unlock() { serving.fetch_add(1); }
};

template <class Lock>
std::function<void()> counting(int threads) {
  return [threads] {
    Lock lock;
    int n = 0;
    parallel(std::vector<std::function<void()>>(static_cast<std::size_t>(threads), [&] {
      lock.lock();
      ++n;
      lock.unlock();
    }));
    outcome(std::to_string(n));
  };
}

}  // namespace

TEST_CASE("spinlocks are proved with two and three threads") {
  // Two threads: who is first, and whether the second one has looked in vain before. An exchange in vain is a write that another can
  // come before or after, a compare-exchange in vain is a read.
  CHECK_HOLDS(by_dpor(counting<TestAndSet>(2)), 4u);
  CHECK_HOLDS(by_dpor(counting<TestAndSet>(3)), 42u);
  CHECK_HOLDS(by_dpor(counting<CompareAndSet>(2)), 4u);
  CHECK_HOLDS(by_dpor(counting<CompareAndSet>(3)), 36u);
  CHECK_HOLDS(by_dpor(counting<Ticket>(2)), 4u);
  const auto three = by_dpor(counting<Ticket>(3));  // how soon a thread is known to have gone round depends on the compiler here
  CHECK(three.complete);
  CHECK(three.failing == 0);
  check_same(counting<TestAndSet>(2));
  check_same(counting<TestAndSet>(3));
  check_same(counting<CompareAndSet>(3));
  check_same(counting<TestAndTestAndSet>(2));
  check_same(counting<Ticket>(2));
}

TEST_CASE("a spinlock that looks and then takes is caught") {
  const auto body = [] {
    std::atomic<int> taken{0}, inside{0};
    const auto visit = [&] {
      while (taken.load() != 0) {
      }
      taken = 1;
      interleave::require(inside.fetch_add(1) == 0);
      inside.fetch_sub(1);
      taken = 0;
    };
    parallel(visit, visit);
  };
  CHECK(by_dpor(body).failing > 0);
  CHECK(explore_all(body).failing > 0);
}

TEST_CASE("Peterson's lock keeps two threads apart") {
  const auto body = [] {
    std::array<std::atomic<int>, 2> wants{};
    std::atomic<int> turn{0};
    int n = 0;
    const auto visit = [&](std::size_t me) {
      wants[me] = 1;
      turn = static_cast<int>(1 - me);
      while (wants[1 - me].load() != 0 && turn.load() == static_cast<int>(1 - me)) {
      }
      ++n;
      wants[me] = 0;
    };
    parallel([&] { visit(0); }, [&] { visit(1); });
    outcome(std::to_string(n));
  };
  check_same(body);
  CHECK(by_dpor(body).failing == 0);
}
