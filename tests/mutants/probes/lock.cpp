#include <interleave/primitives/lock.hpp>

#include "probe.hpp"

namespace interleave::scenarios {
namespace {

void exclude(Lock& lock, int threads) {
  Section inside{"inside"};
  in_parallel(threads, [&] {
    lock.acquire();
    visit(inside);
    lock.release();
  });
}

const Scenario two_threads{probe("lock/two_threads", {}, [] {
  Lock lock;
  exclude(lock, 2);
})};

const Scenario bad_release{probe("lock/bad_release", {"refused"}, [] {
  Lock lock;
  outcome(refused<RuntimeError>([&] { lock.release(); }) ? "refused" : "accepted");
  exclude(lock, 2);
})};

const Scenario interrupted{probe("lock/interrupted", {}, [] {
  Lock lock;
  exclude(lock, 2);
}, {.interrupts = true})};

const Scenario with_try{probe("lock/try", {"1 inside", "2 inside"}, [] {
  Lock lock;
  Section inside{"inside"};
  std::array<int, 2> taken{};
  const auto passer = [&](int& mine) {
    if (!lock.acquire(false)) return;
    visit(inside);
    mine = 1;
    lock.release();
  };
  parallel([&] { passer(taken[0]); }, [&] { passer(taken[1]); });
  outcome(std::to_string(taken[0] + taken[1]) + " inside");
})};

const Scenario try_held{probe("lock/try_held", {}, [] {
  Lock lock;
  lock.acquire();
  require(!lock.acquire(false), "a held lock is not to be had");
  lock.release();
})};

const Scenario two_releasers{probe("lock/two_releasers", {}, [] {
  Lock lock;
  lock.acquire();
  std::array<int, 2> refusals{};
  const auto releaser = [&](int& mine) { mine = refused<RuntimeError>([&] { lock.release(); }); };
  parallel([&] { releaser(refusals[0]); }, [&] { releaser(refusals[1]); });
  require(refusals[0] + refusals[1] == 1, "one of two releases is wrong, and is told so");
})};

}  // namespace
}  // namespace interleave::scenarios
