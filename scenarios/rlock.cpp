// RLock: one thread may take it again. It has to give it back as often, which the article's snippet does not.
#include <thread>

#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/primitives/rlock.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

const Scenario snippet{{
    .name = "rlock/acquired_twice",
    .summary = "The article's snippet by itself: the second acquire does not wait",
    .outcomes = {"came through"},
    .body = [] {
      RLock lock;
      parallel([&] {
        name_thread("Thread-1");
        lock.acquire();
        lock.acquire();
        outcome("came through");
      });
    },
}};

const Scenario reentry{{
    .name = "rlock/reentry",
    .summary = "Taken twice and released once, the lock still keeps the other thread out",
    .outcomes = {"1 2", "2 1"},
    .body = [] {
      RLock lock;
      Section inside{"inside"};
      std::string order;
      const auto visit = [&](const char* who) {
        const Section::Visit here{inside};
        std::this_thread::yield();
        order.append(order.empty() ? "" : " ").append(who);
      };
      parallel(
          [&] {
            name_thread("Thread-1");
            lock.acquire();
            lock.acquire();
            lock.release();
            visit("1");
            lock.release();
          },
          [&] {
            name_thread("Thread-2");
            lock.acquire();
            visit("2");
            lock.release();
          });
      outcome(order);
    },
}};

const Scenario never_released{{
    .name = "rlock/never_released",
    .summary = "The article's snippet never releases: a second thread that comes later hangs",
    .expect = Verdict::fail,
    .failure_kind = "deadlock",
    .outcomes = {"Thread-2 came first"},
    .hangs = true,
    .body = [] {
      RLock lock;
      parallel(
          [&] {
            name_thread("Thread-1");
            lock.acquire();
            lock.acquire();
          },
          [&] {
            name_thread("Thread-2");
            lock.acquire();
            lock.release();
          });
      outcome("Thread-2 came first");
    },
}};

}  // namespace
}  // namespace interleave::scenarios
