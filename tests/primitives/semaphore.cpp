#include "worlds.hpp"

#include <limits>
#include <mutex>

#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/semaphore.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("Semaphore: has one permit unless told otherwise, and never fewer than none", "[primitives][semaphore]") {
  in_both_worlds([] {
    require(Semaphore().value() == 1);
    require(Semaphore(0).value() == 0);
    require(throws<ValueError>([] { Semaphore{-1}; }));
    require(throws<ValueError>([] { BoundedSemaphore{-1}; }));
  });
}

TEST_CASE("Semaphore: gives as many permits as it has", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore{2};
    require(semaphore.acquire());
    require(semaphore.acquire(false));
    require(!semaphore.acquire(false));
    require(semaphore.value() == 0);
    semaphore.release();
    require(semaphore.acquire(true, 0s));
  });
}

TEST_CASE("Semaphore: has no upper bound", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore{0};
    semaphore.release();
    semaphore.release(2);
    require(semaphore.value() == 3);
    require(throws<std::overflow_error>([&] { semaphore.release(std::numeric_limits<std::ptrdiff_t>::max()); }));
    require(semaphore.value() == 3);
  });
}

TEST_CASE("Semaphore: a timed acquire gives up, or takes what is there whatever its timeout", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore{2};
    require(semaphore.acquire(true, -1s));
    require(semaphore.acquire(true, 0s));
    require(!semaphore.acquire(true, 1ms));
    require(!semaphore.acquire(true, 0s));
    require(!semaphore.acquire(true, -1s));
    require(semaphore.value() == 0);
  });
}

TEST_CASE("Semaphore: arguments that make no sense are refused and change nothing", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore;
    require(throws<ValueError>([&] { semaphore.acquire(false, 1s); }));
    require(throws<ValueError>([&] { semaphore.release(0); }));
    require(throws<ValueError>([&] { semaphore.release(-1); }));
    require(semaphore.value() == 1);
  });
}

TEST_CASE("Semaphore: a failed attempt leaves it usable", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore{0};
    parallel([&] { require(!semaphore.acquire(false)); });
    semaphore.release();
    require(semaphore.acquire());
  });
}

TEST_CASE("Semaphore: the standard's guards hold a permit", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore{2};
    BoundedSemaphore bounded{1};
    {
      const std::scoped_lock both{semaphore, bounded};
      require(semaphore.value() == 1);
      require(bounded.value() == 0);
      require(!std::unique_lock(bounded, std::try_to_lock).owns_lock());
    }
    require(semaphore.value() == 2);
    require(bounded.value() == 1);
    require(throws<ValueError>([&] { bounded.unlock(); }));
  });
}

TEST_CASE("Semaphore: a release wakes a sleeper", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore{0};
    parallel([&] { require(semaphore.acquire()); }, [&] { semaphore.release(); });
    require(semaphore.value() == 0);
  });
}

TEST_CASE("Semaphore: release(n) wakes n sleepers", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore{0};
    const auto take = [&] { semaphore.acquire(); };
    parallel(take, take, [&] { semaphore.release(2); });
    require(semaphore.value() == 0);
  });
}

TEST_CASE("Semaphore: lets as many in as it has permits, and keeps count", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore;
    int inside = 0;
    const auto visit = [&] {
      Guard guard{semaphore};
      ++inside;
      require(inside == 1);
      --inside;
    };
    parallel(visit, visit);
    require(semaphore.value() == 1);
  });
}

TEST_CASE("Semaphore: a timeout that races with a release loses no permit", "[primitives][semaphore]") {
  in_both_worlds([] {
    Semaphore semaphore{0};
    bool taken = false;
    parallel([&] { taken = semaphore.acquire(true, 1ms); }, [&] { semaphore.release(); });
    require(semaphore.value() == (taken ? 0 : 1));
  });
}

TEST_CASE("BoundedSemaphore: never has more permits than in the beginning", "[primitives][semaphore]") {
  in_both_worlds([] {
    BoundedSemaphore semaphore{2};
    const auto over = [&] { semaphore.release(); };
    require(message_of<ValueError>(over) == "Semaphore released too many times");
    semaphore.acquire();
    require(throws<ValueError>([&] { semaphore.release(2); }));
    require(throws<ValueError>([&] { semaphore.release(0); }));
    require(semaphore.value() == 1);
    semaphore.release();
    require(semaphore.value() == 2);
    require(throws<ValueError>(over));
    require(semaphore.acquire(true, 0s), "a refused release leaves it usable");
  });
}

TEST_CASE("BoundedSemaphore: of two releases for one permit, one is refused", "[primitives][semaphore]") {
  in_both_worlds([] {
    BoundedSemaphore semaphore;
    semaphore.acquire();
    bool refused[2] = {};
    parallel([&] { refused[0] = throws<ValueError>([&] { semaphore.release(); }); },
             [&] { refused[1] = throws<ValueError>([&] { semaphore.release(); }); });
    require(refused[0] != refused[1]);
    require(semaphore.value() == 1);
  });
}

TEST_CASE("BoundedSemaphore: a release wakes a sleeper", "[primitives][semaphore]") {
  in_both_worlds([] {
    BoundedSemaphore semaphore;
    semaphore.acquire();
    parallel([&] { Guard guard{semaphore}; }, [&] { semaphore.release(); });
    require(semaphore.value() == 1);
  });
}
