// A try takes the Lock exactly if nobody holds it, and never waits.
//
// The judge is the Section: whoever was told "taken" goes in.
#include <thread>

#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/primitives/lock.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

const Scenario try_acquire{{
    .name = "lock/try",
    .summary = "A try succeeds exactly if nobody holds the lock",
    .outcomes = {"taken", "refused"},
    .body = [] {
      Lock lock;
      Section inside{"inside"};
      bool taken = false;
      const auto visit = [&] {
        const Section::Visit here{inside};
        std::this_thread::yield();
      };
      parallel(
          [&] {
            name_thread("Thread-1");
            lock.acquire();
            visit();
            lock.release();
          },
          [&] {
            name_thread("Thread-2");
            taken = lock.acquire(false);
            if (!taken) return;
            visit();
            lock.release();
          });
      require(lock.acquire(false), "everybody has released the lock");
      outcome(taken ? "taken" : "refused");
    },
}};

const Scenario try_held{{
    .name = "lock/try_held",
    .summary = "A try of a lock that another thread holds throughout is refused",
    .outcomes = {"refused refused"},
    .body = [] {
      Lock lock;
      lock.acquire();
      std::string first, second;
      const auto attempt = [&](std::string& result) { result = lock.acquire(false) ? "taken" : "refused"; };
      parallel([&] { attempt(first); }, [&] { attempt(second); });
      outcome(first + " " + second);
    },
}};

}  // namespace
}  // namespace interleave::scenarios
