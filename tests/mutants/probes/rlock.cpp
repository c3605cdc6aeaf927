#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/rlock.hpp>

#include "probe.hpp"

namespace interleave::scenarios {
namespace {

void pass(RLock& lock, Section& inside) {
  lock.acquire();
  visit(inside);
  lock.release();
}

const Scenario two_threads{probe("rlock/two_threads", {}, [] {
  RLock lock;
  Section inside{"inside"};
  in_parallel(2, [&] { pass(lock, inside); });
})};

const Scenario two_rounds{probe("rlock/two_rounds", {}, [] {
  RLock lock;
  Section inside{"inside"};
  parallel(
      [&] {
        pass(lock, inside);
        pass(lock, inside);
      },
      [&] { pass(lock, inside); });
})};

const Scenario nested{probe("rlock/nested", {}, [] {
  RLock lock;
  Section inside{"inside"};
  parallel(
      [&] {
        lock.acquire();
        lock.acquire();
        lock.release();
        visit(inside);
        lock.release();
      },
      [&] { pass(lock, inside); });
})};

const Scenario bad_release{probe("rlock/bad_release", {}, [] {
  RLock lock;
  Section inside{"inside"};
  bool told = false;
  parallel([&] { pass(lock, inside); }, [&] { told = refused<RuntimeError>([&] { lock.release(); }); });
  require(told, "who does not hold it may not release it");
})};

// Comes while the lock is held, when the holder's count is 1.
const Scenario latecomer{probe("rlock/latecomer", {}, [] {
  RLock lock;
  Section inside{"inside"};
  std::atomic<bool> held{false};
  parallel(
      [&] {
        lock.acquire();
        held = true;
        visit(inside);
        held = false;
        lock.release();
      },
      [&] {
        held.load();
        pass(lock, inside);
      });
})};

const Scenario wait_nested{probe("rlock/wait_nested", {}, [] {
  RLock lock;
  Condition changed{lock};
  bool flag = false;
  parallel(
      [&] {
        lock.acquire();
        lock.acquire();
        while (!flag) changed.wait();
        require(lock.recursion_count() == 2, "held as often as before");
        lock.release();
        lock.release();
      },
      [&] {
        lock.acquire();
        flag = true;
        changed.notify();
        lock.release();
      });
})};

}  // namespace
}  // namespace interleave::scenarios
