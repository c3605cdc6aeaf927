#include "worlds.hpp"

#include <cmath>
#include <memory>
#include <mutex>

#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/lock.hpp>
#include <interleave/primitives/probed_lock.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("Lock: begins free, is held after acquire and free after release", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    require(!lock.locked());
    require(lock.acquire());
    require(lock.locked());
    lock.release();
    require(!lock.locked());
  });
}

TEST_CASE("Lock: an acquire that does not block takes a free lock and fails on a held one, also by the holder",
          "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    require(lock.acquire(false));
    require(!lock.acquire(false));
    require(lock.locked());
  });
}

TEST_CASE("Lock: releasing an unlocked lock is an error that leaves it unlocked", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    require(message_of<ThreadError>([&] { lock.release(); }) == "release unlocked lock");
    require(throws<RuntimeError>([&] { lock.release(); }));
    require(lock.acquire(false));
    require(!lock.acquire(false), "one permit, not two");
  });
}

TEST_CASE("Lock: any thread may release it", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    lock.acquire();
    parallel([&] { lock.acquire(); }, [&] { lock.release(); });
    require(lock.locked());
  });
}

TEST_CASE("Lock: keeps threads out of each other's way", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    int inside = 0;
    const auto visit = [&] {
      lock.acquire();
      ++inside;
      lock.release();
    };
    parallel(visit, visit);
    require(inside == 2);
  });
}

TEST_CASE("Lock: of two releases of one acquire, one is refused", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    lock.acquire();
    bool refused[2] = {};
    parallel([&] { refused[0] = throws<RuntimeError>([&] { lock.release(); }); },
             [&] { refused[1] = throws<RuntimeError>([&] { lock.release(); }); });
    require(refused[0] != refused[1]);
    require(lock.acquire(false));
    require(!lock.acquire(false));
  });
}

TEST_CASE("Lock: a wrong release never takes the lock, not even for an instant", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    parallel([&] { throws<RuntimeError>([&] { lock.release(); }); }, [&] { require(lock.acquire(false)); });
  });
}

TEST_CASE("Lock: a timed acquire fails on a held lock and takes a free one", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    require(lock.acquire(true, 1ms));
    require(!lock.acquire(true, 1ms));
    require(!lock.acquire(true, 0s));
    lock.release();
    require(lock.acquire(true, 0s), "a timeout leaves the lock usable");
  });
}

TEST_CASE("Lock: a timed acquire either takes the lock or leaves it alone", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    lock.acquire();
    bool taken = false;
    parallel([&] { taken = lock.acquire(true, 1ms); }, [&] { lock.release(); });
    require(lock.locked() == taken);
  });
}

TEST_CASE("Lock: a timeout of minus one second is for ever", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    lock.acquire();
    parallel([&] { require(lock.acquire(true, -1s)); }, [&] { lock.release(); });
    require(!lock.acquire(false, -1s), "and thus no timeout at all where it does not block");
  });
}

TEST_CASE("Lock: timeouts that make no sense are refused and change nothing", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    require(throws<ValueError>([&] { lock.acquire(false, 1s); }));
    require(throws<ValueError>([&] { lock.acquire(false, 0s); }));
    require(throws<ValueError>([&] { lock.acquire(true, -2s); }));
    require(throws<ValueError>([&] { lock.acquire(true, -500ms); }));
    require(throws<ValueError>([&] { lock.acquire(true, Seconds{NAN}); }));
    require(throws<std::overflow_error>([&] { lock.acquire(true, timeout_max * 1.01); }));
    require(!lock.locked());
    require(lock.acquire(true, timeout_max));
  });
}

TEST_CASE("Lock: a held lock may be destroyed", "[primitives][lock]") {
  in_both_worlds([] { std::make_unique<Lock>()->acquire(); });
}

TEST_CASE("Lock: may begin its life held", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock{Lock::Held{}};
    require(!lock.acquire(false));
    lock.release();
    require(lock.acquire(false));
  });
}

TEST_CASE("Lock: works with the standard's guards", "[primitives][lock]") {
  in_both_worlds([] {
    Lock a, b;
    {
      std::lock_guard guard{a};
      require(a.locked());
    }
    {
      std::scoped_lock both{a, b};
      require(a.locked() && b.locked());
      require(!std::unique_lock{a, std::try_to_lock}.owns_lock());
    }
    require(!a.locked() && !b.locked());
    require(a.try_lock_for(1ms));
    require(!a.try_lock_for(1ms));
    require(!a.try_lock_for(-1ms), "no wait, no error");
    require(!a.try_lock_until(std::chrono::steady_clock::now() + 1ms));
  });
}

TEST_CASE("Lock: is owned by the thread that took it, while it is held", "[primitives][lock]") {
  in_both_worlds([] {
    Lock lock;
    require(!lock.is_owned());
    lock.acquire();
    require(lock.is_owned());
    parallel([&] { require(!lock.is_owned()); });
    lock.release();
    require(!lock.is_owned());
  });
}

TEST_CASE("ProbedLock: seems owned by everybody while anybody holds it", "[primitives][lock]") {
  in_both_worlds([] {
    ProbedLock lock;
    require(!lock.is_owned());
    require(!lock.locked(), "the probe lets go");
    lock.acquire();
    parallel([&] { require(lock.is_owned()); });
  });
}

TEST_CASE("Guard: releases on every way out of the scope", "[primitives][guard]") {
  in_both_worlds([] {
    Lock lock;
    {
      Guard guard{lock};
      require(lock.locked());
    }
    require(!lock.locked());
    require(throws<int>([&] {
      Guard guard{lock};
      throw 1;
    }));
    require(!lock.locked());
  });
}

TEST_CASE("Guard: reports a release that is refused, unless another exception is under way", "[primitives][guard]") {
  in_both_worlds([] {
    Lock lock;
    require(throws<RuntimeError>([&] {
      Guard guard{lock};
      lock.release();
    }));
    require(throws<int>([&] {
      Guard guard{lock};
      lock.release();
      throw 1;
    }));
  });
}

TEST_CASE("Lock: an acquire that a signal interrupts goes on waiting", "[primitives][lock][interrupts]") {
  in_both_worlds(
      [] {
        Lock lock;
        int inside = 0;
        const auto visit = [&] {
          lock.acquire();
          ++inside;
          lock.release();
        };
        parallel(visit, visit);
        require(inside == 2);
      },
      interrupted());
}
