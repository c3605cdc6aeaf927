#include "worlds.hpp"

#include <mutex>

#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/rlock.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("RLock: its holder may take it again and must release it as often", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    require(lock.acquire());
    require(lock.acquire());
    require(lock.acquire(false));
    require(lock.recursion_count() == 3);
    lock.release();
    lock.release();
    require(lock.locked());
    lock.release();
    require(!lock.locked());
    require(lock.recursion_count() == 0);
  });
}

TEST_CASE("RLock: stays closed to others until its last release", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    int inside = 0;
    parallel(
        [&] {
          lock.acquire();
          lock.acquire();
          ++inside;
          lock.release();
          ++inside;
          lock.release();
        },
        [&] {
          lock.acquire();
          require(inside == 0 || inside == 2);
          lock.release();
        });
  });
}

// The first thread comes back: what it left behind must not let it in while the other is inside.
TEST_CASE("RLock: can be taken by one thread after another", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    int inside = 0;
    int visits = 0;
    const auto visit = [&] {
      lock.acquire();
      require(lock.locked());
      require(++inside == 1);
      require(lock.recursion_count() == 1);
      --inside;
      ++visits;
      lock.release();
    };
    parallel(
        [&] {
          visit();
          visit();
        },
        visit);
    require(visits == 3);
  });
}

TEST_CASE("RLock: others can neither take nor release it while it is held", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    lock.acquire();
    parallel([&] {
      require(!lock.acquire(false));
      require(!lock.acquire(true, 1ms));
      require(!lock.is_owned());
      require(lock.recursion_count() == 0);
      require(message_of<RuntimeError>([&] { lock.release(); }) == "cannot release un-acquired lock");
    });
    require(lock.recursion_count() == 1);
    lock.release();
  });
}

TEST_CASE("RLock: a wrong release is refused whatever its owner is doing", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    parallel(
        [&] {
          lock.acquire();
          lock.release();
        },
        [&] { require(throws<RuntimeError>([&] { lock.release(); })); });
    require(!lock.locked());
  });
}

TEST_CASE("RLock: releasing a free one is an error", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    require(message_of<RuntimeError>([&] { lock.release(); }) == "cannot release un-acquired lock");
    require(throws<RuntimeError>([&] { lock.release_save(); }));
    require(lock.acquire(false));
  });
}

TEST_CASE("RLock: refuses the timeouts that Lock refuses, also from its holder", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    lock.acquire();
    require(throws<ValueError>([&] { lock.acquire(false, 1s); }));
    require(throws<ValueError>([&] { lock.acquire(true, -2s); }));
    require(throws<std::overflow_error>([&] { lock.acquire(true, timeout_max * 2); }));
    require(lock.recursion_count() == 1);
  });
}

TEST_CASE("RLock: release_save frees it at any depth and acquire_restore brings the depth back", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    lock.acquire();
    lock.acquire();
    const unsigned depth = lock.release_save();
    require(depth == 2);
    require(!lock.locked());
    require(!lock.is_owned());
    parallel([&] { Guard guard{lock}; });
    lock.acquire_restore(depth);
    require(lock.is_owned());
    require(lock.recursion_count() == 2);
  });
}

TEST_CASE("RLock: works with the standard's guards", "[primitives][rlock]") {
  in_both_worlds([] {
    RLock lock;
    {
      std::scoped_lock outer{lock};
      std::unique_lock inner{lock, std::try_to_lock};
      require(inner.owns_lock());
      require(lock.try_lock_for(1ms));
      lock.unlock();
    }
    require(!lock.locked());
  });
}
