// T threads share K permits: at most K are inside, and all permits come back. No order is promised: a newcomer may take the
// permit for which a sleeper was woken.
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/semaphore.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

// `passes` per thread.
Definition permits(int k, int threads, int passes, Effort effort) {
  return {.name = "semaphore/permits_" + std::to_string(k) + "_" + std::to_string(threads) + (passes == 1 ? "" : "_twice"),
          .summary = "At most as many threads inside as there are permits, and all permits come back",
          .outcomes = {std::to_string(k) + " free"},
          .effort = effort,
          .body = [k, threads, passes] {
            Semaphore semaphore{k};
            Section inside{"inside", static_cast<std::size_t>(k)};
            const auto visitor = [&] {
              for (int pass = 0; pass < passes; ++pass) {
                semaphore.acquire();
                {
                  const Section::Visit here{inside};
                  std::this_thread::yield();
                }
                semaphore.release();
              }
            };
            parallel(std::vector<std::function<void()>>(static_cast<std::size_t>(threads), visitor));
            outcome(std::to_string(semaphore.value()) + " free");
          }};
}

const Scenario permits_1_2{permits(1, 2, 1, Effort::search)};
const Scenario permits_1_3{permits(1, 3, 1, Effort::search)};
const Scenario permits_2_3{permits(2, 3, 1, Effort::search)};
const Scenario permits_2_4{permits(2, 4, 1, Effort::search_reduced)};
const Scenario permits_1_2_twice{permits(1, 2, 2, Effort::search)};

// The article's snippet has no guard: an exception between acquire and release takes the permit with it.
const Scenario exception{{
    .name = "semaphore/exception",
    .summary = "Acquire and release by hand: an exception in between leaks the permit",
    .expect = Verdict::fail,
    .failure_kind = "deadlock",
    .outcomes = {"the other came first"},
    .hangs = true,
    .body = [] {
      Semaphore semaphore;
      parallel(
          [&] {
            name_thread("thrower");
            try {
              semaphore.acquire();
              throw std::runtime_error("work failed");
            } catch (const std::runtime_error&) {
            }
          },
          [&] {
            name_thread("other");
            semaphore.acquire();
            semaphore.release();
          });
      outcome("the other came first");
    },
}};

const Scenario exception_with{{
    .name = "semaphore/exception_with",
    .summary = "With a guard the permit comes back",
    .outcomes = {"1 free"},
    .body = [] {
      Semaphore semaphore;
      parallel(
          [&] {
            name_thread("thrower");
            try {
              Guard guard{semaphore};
              throw std::runtime_error("work failed");
            } catch (const std::runtime_error&) {
            }
          },
          [&] {
            name_thread("other");
            Guard guard{semaphore};
          });
      outcome(std::to_string(semaphore.value()) + " free");
    },
}};

}  // namespace
}  // namespace interleave::scenarios
