// Threads that wait by spinning: proved, not cut. An execution in which a thread goes round once more is the same as one in which it
// does not, so these programs have finitely many executions. That a thread has gone round is known when it has done so for the
// second time, so in the executions counted here each wait goes round not at all or once.
#include <pthread.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <stop_token>
#include <thread>

#include "explored.hpp"

using interleave::outcome;
using interleave::parallel;

namespace {

interleave::Report by_dpor(const std::function<void()>& body, interleave::Options options = {}) {
  options.strategy = "dpor";
  return explore_all(body, std::move(options));
}

std::set<std::string> values(const interleave::Report& report) {
  std::set<std::string> result;
  for (const auto& [value, count] : report.outcomes) result.insert(value);
  return result;
}

// Both ways to leave out what goes round come to the same.
void check_same(const std::function<void()>& body) {
  const interleave::Report some = by_dpor(body), all = explore_all(body);
  INFO(text_of(some));
  INFO(text_of(all));
  CHECK(some.complete);
  CHECK(all.complete);
  CHECK(values(some) == values(all));
  CHECK((some.failing > 0) == (all.failing > 0));
}

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

TEST_CASE("waiting for a flag by spinning is proved, and what the flag publishes is there") {
  const auto body = [] {
    std::atomic<int> flag{0};
    int data = 0;
    parallel([&] { data = 1; flag = 1; },
             [&] {
               while (flag.load() == 0) {
               }
               outcome(std::to_string(data));
             });
  };
  // The flag is set before the first look, before the second, or later: then the waiter is not offered until it is.
  const auto all = explore_all(body);
  CHECK_HOLDS(all, 3u);
  const auto some = by_dpor(body);
  CHECK_HOLDS(some, 2u);
  CHECK(some.redundant == 1);
  CHECK(values(some) == std::set<std::string>{"1"});
}

TEST_CASE("a missing release is a race also where the reader spins") {
  const auto report = by_dpor([] {
    std::atomic<int> flag{0};
    int data = 0;
    parallel([&] { data = 1; flag.store(1, std::memory_order_relaxed); },
             [&] {
               while (flag.load() == 0) {
               }
               outcome(std::to_string(data));
             });
  });
  REQUIRE(report.failure.has_value());
  CHECK(report.failure->kind == "data-race");
}

TEST_CASE("spinning for what never comes is a livelock that names the loop") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { (void)flag.load(); },
             [&] {
               interleave::name_thread("waiter");
               while (flag.load() == 0) sched_yield();
             });
  };
  const auto some = by_dpor(body);
  CHECK_FAILS(some, 1u, 1u, "livelock");
  CHECK(some.failure->message.find("waiter spins for ever at spins.cpp:") == 0);
  CHECK(some.failure->message.find("nobody is left to change atomic 1") != std::string::npos);
  interleave::Options again{.name = "explore_all"};
  again.schedule = some.failure->schedule;
  const auto replayed = interleave::explore(body, again);
  REQUIRE(replayed.failure.has_value());
  CHECK(replayed.failure->message == some.failure->message);
  const auto all = explore_all(body);
  CHECK(all.complete);
  CHECK(all.failing == all.executions);
  CHECK(all.failure->kind == "livelock");
}

TEST_CASE("a value that is gone again before the loop looks is missed") {
  // Set and taken back: the waiter may look in between, or before, or after.
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; flag = 0; },
             [&] {
               while (flag.load() != 1) {
               }
               outcome("seen");
             });
  };
  const auto some = by_dpor(body), all = explore_all(body);
  CHECK(some.failing > 0);
  CHECK(some.failing < some.executions);
  CHECK(all.failing > 0);
  CHECK(values(some) == std::set<std::string>{"seen"});
  CHECK(values(all) == std::set<std::string>{"seen"});
}

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

TEST_CASE("a loop that counts its rounds is no loop that waits") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; },
             [&] {
               int rounds = 0;
               while (rounds < 20 && flag.load() == 0) ++rounds;
               outcome(std::to_string(rounds));
             });
  };
  // The store comes before one of the loads, or after all of them.
  const auto all = explore_all(body), some = by_dpor(body);
  CHECK_HOLDS(all, 21u);
  CHECK_HOLDS(some, 21u);
  CHECK(some.redundant == 0);
  CHECK(some.outcomes.size() == 21);
}

TEST_CASE("rounds that are counted in memory are not left out") {
  const auto body = [] {
    std::atomic<int> flag{0};
    auto rounds = std::make_unique<int>(0);
    parallel([&] { flag = 1; },
             [&] {
               while (*rounds < 5 && flag.load() == 0) ++*rounds;
             });
    outcome(std::to_string(*rounds));
  };
  CHECK_HOLDS(by_dpor(body), 6u);
  CHECK(by_dpor(body).outcomes.size() == 6);
}

TEST_CASE("waiting longer and longer comes to rest where the waiting does") {
  check_same([] {
    std::atomic<int> taken{0};
    int n = 0;
    const auto visit = [&] {
      int free = 0;
      for (int pause = 1; !taken.compare_exchange_strong(free, 1); pause = std::min(2 * pause, 4)) {
        free = 0;
        for (int i = 0; i < pause; ++i) sched_yield();
      }
      ++n;
      taken = 0;
    };
    parallel(visit, visit);
    outcome(std::to_string(n));
  });
}

TEST_CASE("a loop may wait for either of two variables") {
  const auto body = [] {
    std::atomic<int> a{0}, b{0};
    parallel([&] { a = 1; }, [&] { b = 1; },
             [&] {
               int x = 0, y = 0;
               do {
                 x = a.load();
                 y = b.load();
               } while (x == 0 && y == 0);
               outcome(std::to_string(x) + std::to_string(y));
             });
  };
  check_same(body);
  CHECK(values(by_dpor(body)) == std::set<std::string>{"01", "10", "11"});
}

TEST_CASE("the flag may lie on the stack of the thread that spins, beside what others write") {
  const auto body = [] {
    std::atomic<int> flag{0};
    int before = 0, beside = 0;
    std::thread other([&] {
      before = 1;
      flag = 1;
    });
    std::thread third([&] { beside = 1; });
    while (flag.load() == 0) {
    }
    const int seen = before;
    other.join();
    third.join();
    outcome(std::to_string(seen) + std::to_string(beside));
  };
  check_same(body);
  CHECK(values(by_dpor(body)) == std::set<std::string>{"11"});
}

TEST_CASE("loops around a try are loops that wait") {
  check_same([] {
    std::mutex m;
    int n = 0;
    const auto visit = [&] {
      while (!m.try_lock()) std::this_thread::yield();
      ++n;
      m.unlock();
    };
    parallel(visit, visit);
    outcome(std::to_string(n));
  });
  check_same([] {
    std::shared_mutex m;
    int n = 0;
    parallel([&] { while (!m.try_lock_shared()) sched_yield(); const int seen = n; m.unlock_shared(); outcome(std::to_string(seen)); },
             [&] { while (!m.try_lock()) sched_yield(); ++n; m.unlock(); });
  });
  check_same([] {
    std::counting_semaphore<4> s{0};
    parallel([&] { s.release(); }, [&] { while (!s.try_acquire()) sched_yield(); outcome("through"); });
  });
  check_same([] {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    const timespec late{4'000'000'000, 0};
    int n = 0;
    const auto visit = [&] {
      while (pthread_mutex_timedlock(&m, &late) != 0) {
      }
      ++n;
      pthread_mutex_unlock(&m);
    };
    parallel(visit, visit);
    outcome(std::to_string(n));
  });
}

TEST_CASE("a search without an end in sight says so before it has eaten the machine's memory") {
  setenv("INTERLEAVE_MEMORY_MB", "4", 1);
  const auto report = by_dpor([] {
    std::atomic<int> a{0}, b{0};
    const auto count = [](std::atomic<int>& mine, std::atomic<int>& other) {
      while (mine.fetch_add(1) < 500 && other.load() >= 0) {
      }
    };
    parallel([&] { count(a, b); }, [&] { count(b, a); });
  });
  unsetenv("INTERLEAVE_MEMORY_MB");
  CHECK(report.verdict == interleave::Verdict::incomplete);
  CHECK_FALSE(report.complete);
  CHECK(report.incomplete_reason == "the limit of 4 MiB of memory was met (INTERLEAVE_MEMORY_MB raises it)");
}

TEST_CASE("polling between sleeps waits, however often it slept") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; },
             [&] {
               while (flag.load() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
               outcome("seen");
             });
  };
  check_same(body);
  CHECK(by_dpor(body).failing == 0);
}

TEST_CASE("a loop until some time ends by the time, or before") {
  const auto body = [] {
    std::atomic<int> flag{0};
    parallel([&] { flag = 1; },
             [&] {
               const auto end = std::chrono::steady_clock::now() + std::chrono::hours(1);
               int seen = 0;
               while ((seen = flag.load()) == 0 && std::chrono::steady_clock::now() < end) {
               }
               outcome(seen != 0 ? "seen" : "late");
             });
  };
  check_same(body);
  CHECK(values(by_dpor(body)) == std::set<std::string>{"late", "seen"});
}

TEST_CASE("with the virtual clock, a loop until some time ends when that time has come and nobody else can step") {
  const auto body = [] {
    int before = 0;
    parallel([&] { std::this_thread::sleep_for(std::chrono::seconds(1)); before = 1; },
             [&] {
               const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
               while (std::chrono::steady_clock::now() < end) sched_yield();
             });
    outcome(std::to_string(before));
  };
  const auto report = explore_all(body, {.clock = "virtual"});
  INFO(text_of(report));
  CHECK(report.complete);
  CHECK(report.failing == 0);
  CHECK(values(report) == std::set<std::string>{"1"});
}

TEST_CASE("a daemon that spins is asleep") {
  const auto report = by_dpor([] {
    static std::atomic<int> stop;
    std::thread([] {
      while (stop.load() == 0) sched_yield();
    }).detach();
  });
  INFO(text_of(report));
  CHECK(report.verdict == interleave::Verdict::pass);
  CHECK(report.complete);
}

TEST_CASE("under races=ignore a loop may wait for a plain variable") {
  const auto body = [] {
    static volatile int flag;
    flag = 0;
    parallel([&] { sched_yield(); flag = 1; },
             [&] {
               while (flag == 0) sched_yield();
               outcome("seen");
             });
  };
  const auto report = explore_all(body, {.races = "ignore"});
  INFO(text_of(report));
  CHECK(report.complete);
  CHECK(report.failing == 0);
}

TEST_CASE("stop callbacks, which wait for each other by spinning, are explored to the end") {
  check_same([] {
    std::stop_source source;
    parallel([&] { source.request_stop(); },
             [&] {
               int called = 0;
               { const std::stop_callback callback(source.get_token(), [&] { called = 1; }); }
               outcome(std::to_string(called));
             });
  });
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

TEST_CASE("random programs that spin have the same outcomes, whichever way the rounds are left out") {
  std::uint64_t state = 20261124;
  const auto below = [&](std::uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  };
  struct Instruction {
    std::uint64_t what, variable;
    int value;
  };
  constexpr int programs = INTERLEAVE_BRIEF_TESTS ? 60 : 300;
  int compared = 0, stuck = 0;
  for (int program = 0; program < programs; ++program) {
    std::vector<std::vector<Instruction>> threads(2 + below(2));
    for (auto& instructions : threads) {
      instructions.resize(1 + below(threads.size() == 2 ? 4 : 2));
      for (auto& each : instructions) each = {below(7), below(2), static_cast<int>(1 + below(2))};
    }
    const auto body = [&] {
      std::array<std::atomic<int>, 3> x{};
      std::vector<std::string> seen(threads.size());
      std::vector<std::function<void()>> bodies;
      for (std::size_t t = 0; t < threads.size(); ++t) {
        bodies.push_back([&, t] {
          for (const Instruction& i : threads[t]) {
            std::atomic<int>& v = x[i.variable];
            int old = 0;
            switch (i.what) {
              case 0: v.store(i.value); break;
              case 1: v.fetch_add(1); break;
              case 2: while ((old = v.load()) < i.value) {} seen[t] += std::to_string(old); break;
              case 3: while (v.load() == 0 && x[1 - i.variable].load() == 0) sched_yield(); break;
              case 4: while (!v.compare_exchange_strong(old, i.value)) old = 0; break;
              case 5: while (x[2].exchange(1) != 0) {} seen[t] += std::to_string(v.load()); x[2].store(0); break;
              default: seen[t] += std::to_string(v.load()); break;
            }
          }
        });
      }
      parallel(std::move(bodies));
      std::string result = std::to_string(x[0]) + std::to_string(x[1]);
      for (const auto& each : seen) result += "/" + each;
      outcome(result);
    };
    const auto all = explore_all(body, {.executions_max = 20'000});
    if (!all.complete) continue;
    const auto some = by_dpor(body);
    INFO("program " << program << ": " << text_of(all) << " against " << text_of(some));
    REQUIRE(some.complete);
    REQUIRE(values(some) == values(all));
    REQUIRE((some.failing > 0) == (all.failing > 0));
    ++compared;
    stuck += all.failing > 0;
  }
  CHECK(compared > programs / 2);
  CHECK(stuck > programs / 20);
}
