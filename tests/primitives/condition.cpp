#include "worlds.hpp"

#include <cmath>
#include <mutex>

#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/guard.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("Condition: has an RLock of its own unless it is given a lock", "[primitives][condition]") {
  in_both_worlds([] {
    Condition condition;
    require(condition.acquire());
    require(condition.acquire(false), "reentrant");
    condition.release();
    condition.release();
    require(throws<RuntimeError>([&] { condition.release(); }));

    Lock lock;
    Condition on_lock{lock};
    std::unique_lock guard{on_lock};
    require(lock.locked());
    require(!on_lock.acquire(true, 0s), "not reentrant");
  });
}

TEST_CASE("Condition: waiting and notifying without the lock is an error", "[primitives][condition]") {
  in_both_worlds([] {
    Condition condition;
    require(message_of<RuntimeError>([&] { condition.wait(); }) == "cannot wait on un-acquired lock");
    require(message_of<RuntimeError>([&] { condition.notify(); }) == "cannot notify on un-acquired lock");
    require(throws<RuntimeError>([&] { condition.notify_all(); }));
    Lock lock;
    Condition on_lock{lock};
    require(throws<RuntimeError>([&] { on_lock.wait(1ms); }));
    require(throws<RuntimeError>([&] { on_lock.notify(); }));
    require(!lock.locked());
  });
}

TEST_CASE("Condition: over a plain Lock too, somebody else's lock does not count as one's own", "[primitives][condition]") {
  in_both_worlds([] {
    Lock lock;
    Condition condition{lock};
    Guard guard{lock};
    parallel([&] {
      require(throws<RuntimeError>([&] { condition.notify(); }));
      require(throws<RuntimeError>([&] { condition.wait(); }));
    });
    require(lock.locked());
  });
}

TEST_CASE("Condition: over a ProbedLock, somebody else's lock counts as one's own", "[primitives][condition]") {
  in_both_worlds([] {
    ProbedLock lock;
    Condition condition{lock};
    require(throws<RuntimeError>([&] { condition.notify(); }));
    lock.acquire();
    parallel([&] { require(!throws<RuntimeError>([&] { condition.notify(); })); });
    lock.release();
  });
}

TEST_CASE("Condition: a waiter sleeps until it is notified, and then holds the lock again", "[primitives][condition]") {
  in_both_worlds([] {
    Condition condition;
    bool ready = false;
    parallel(
        [&] {
          Guard guard{condition};
          while (!ready) require(condition.wait());
          ready = false;
        },
        [&] {
          Guard guard{condition};
          ready = true;
          condition.notify();
        });
    require(!ready);
  });
}

TEST_CASE("Condition: wait gives up an RLock at any depth and restores the depth", "[primitives][condition]") {
  in_both_worlds([] {
    RLock lock;
    Condition condition{lock};
    bool ready = false;
    parallel(
        [&] {
          lock.acquire();
          lock.acquire();
          while (!ready) condition.wait();
          require(lock.recursion_count() == 2);
          lock.release();
          lock.release();
        },
        [&] {
          Guard guard{lock};
          ready = true;
          condition.notify();
        });
    require(!lock.locked());
  });
}

TEST_CASE("Condition: a notify that finds nobody is forgotten", "[primitives][condition]") {
  in_both_worlds([] {
    Condition condition;
    Guard guard{condition};
    condition.notify();
    condition.notify_all();
    require(!condition.wait(1ms));
  });
}

TEST_CASE("Condition: a timed wait that nobody notifies returns false, holding the lock", "[primitives][condition]") {
  in_both_worlds([] {
    Lock lock;
    Condition condition{lock};
    Guard guard{lock};
    require(!condition.wait(1ms));
    require(!condition.wait(0s));
    require(!condition.wait(-1s));
    require(lock.is_owned());
  });
}

// The second thread can only have the lock, and so say so, while the first waits or after it has left.
TEST_CASE("Condition: a wait of zero gives up the lock once, so that another thread may step in", "[primitives][condition]") {
  in_both_worlds([] {
    Lock lock;
    Condition condition{lock};
    int turns = 0;
    parallel(
        [&] {
          Guard guard{lock};
          const int before = turns;
          require(!condition.wait(0s));
          require(turns == before || turns == before + 1);
        },
        [&] {
          Guard guard{lock};
          ++turns;
        });
  });
}

TEST_CASE("Condition: timeouts that make no sense are refused before the lock is given up", "[primitives][condition]") {
  in_both_worlds([] {
    Lock lock;
    Condition condition{lock};
    Guard guard{lock};
    require(throws<ValueError>([&] { condition.wait(Seconds{NAN}); }));
    require(throws<std::overflow_error>([&] { condition.wait(timeout_max * 2); }));
    require(lock.is_owned());
    condition.notify();
  });
}

// Of the three threads whoever comes last wakes the others one by one: they must wake in the order in which they came.
TEST_CASE("Condition: notify wakes the thread that has waited longest, and only it", "[primitives][condition]") {
  in_both_worlds([] {
    Lock lock;
    Condition condition{lock};
    int arrived = 0;
    int woken = 0;
    const auto visit = [&] {
      Guard guard{lock};
      const int place = arrived++;
      if (place < 2) {
        condition.wait();
        require(woken++ == place);
      }
      condition.notify();
    };
    parallel(visit, visit, visit);
    require(woken == 2);
  });
}

TEST_CASE("Condition: notify(n) wakes n threads, notify_all all, notify(0) and less none", "[primitives][condition]") {
  const auto wake = GENERATE(0, 1);
  in_both_worlds([wake] {
    Lock lock;
    Condition condition{lock};
    int arrived = 0;
    const auto visit = [&] {
      Guard guard{lock};
      if (++arrived < 3) {
        condition.wait();
        return;
      }
      condition.notify(0);
      condition.notify(-1);
      if (wake == 0) {
        condition.notify(2);
      } else {
        condition.notify_all();
      }
    };
    parallel(visit, visit, visit);
  });
}

TEST_CASE("Condition: a timed-out waiter is no longer in line", "[primitives][condition]") {
  in_both_worlds([] {
    Lock lock;
    Condition condition{lock};
    bool ready = false;
    {
      Guard guard{lock};
      require(!condition.wait(1ms));
    }
    parallel(
        [&] {
          Guard guard{lock};
          while (!ready) condition.wait();
        },
        [&] {
          Guard guard{lock};
          ready = true;
          condition.notify();
        });
  });
}

TEST_CASE("Condition: clients that check again lose nothing to a timeout that races with a notify", "[primitives][condition]") {
  in_both_worlds([] {
    Lock lock;
    Condition condition{lock};
    int tokens = 0;
    int taken = 0;
    const auto take = [&](Timeout timeout) {
      Guard guard{lock};
      if (!condition.wait_for([&] { return tokens > 0; }, timeout)) return;
      --tokens;
      ++taken;
    };
    parallel([&] { take(1ms); },
             [&] {
               Guard guard{lock};
               ++tokens;
               condition.notify();
             });
    require(tokens + taken == 1);
    Guard guard{lock};
    require(!condition.wait(1ms), "the notify that came too late is not saved for later");
  });
}

TEST_CASE("Condition: wait_for returns what the predicate gave last", "[primitives][condition]") {
  in_both_worlds([] {
    Condition condition;
    Guard guard{condition};
    int calls = 0;
    require(condition.wait_for([&] { return ++calls; }) == 1);
    require(condition.wait_for([&] { return ++calls, 0; }, 1ms) == 0);
    require(calls == 3, "once before the wait, once after");
    require(condition.wait_for([&] { return ++calls == 5; }, 0s), "asked again when time is up");
  });
}

TEST_CASE("Condition: wait_for does not return before the predicate holds", "[primitives][condition]") {
  in_both_worlds([] {
    Condition condition;
    int steps = 0;
    parallel(
        [&] {
          Guard guard{condition};
          condition.wait_for([&] { return steps == 2; });
          require(steps == 2);
        },
        [&] {
          for (int i = 0; i < 2; ++i) {
            Guard guard{condition};
            ++steps;
            condition.notify();
          }
        });
  });
}

TEST_CASE("Condition: several may share a lock, each with its own waiters", "[primitives][condition]") {
  in_both_worlds([] {
    Lock lock;
    Condition mine{lock}, other{lock};
    bool ready = false;
    parallel(
        [&] {
          Guard guard{lock};
          while (!ready) mine.wait();
        },
        [&] {
          Guard guard{lock};
          ready = true;
          other.notify_all();
          mine.notify();
        });
  });
}
