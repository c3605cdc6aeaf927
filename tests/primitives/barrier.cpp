#include "worlds.hpp"

#include <stdexcept>

#include <interleave/primitives/barrier.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("Barrier: is for at least one party", "[primitives][barrier]") {
  in_both_worlds([] {
    require(throws<ValueError>([] { Barrier{0}; }));
    require(throws<ValueError>([] { Barrier{-1}; }));
    Barrier barrier{1};
    require(barrier.parties() == 1);
    require(barrier.wait() == 0);
    require(barrier.wait() == 0, "again and again");
    require(barrier.n_waiting() == 0);
  });
}

TEST_CASE("Barrier: nobody leaves before all have come, and each gets another number", "[primitives][barrier]") {
  in_both_worlds([] {
    Barrier barrier{2};
    int came[2] = {};
    std::ptrdiff_t index[2] = {};
    parallel(
        [&] {
          came[0] = 1;
          index[0] = barrier.wait();
          require(came[1] == 1);
        },
        [&] {
          came[1] = 1;
          index[1] = barrier.wait();
          require(came[0] == 1);
        });
    require(index[0] + index[1] == 1 && index[0] * index[1] == 0);
  });
}

TEST_CASE("Barrier: the last to arrive runs the action, before anybody goes on", "[primitives][barrier]") {
  in_both_worlds([] {
    int actions = 0;
    Barrier barrier{2, [&] { ++actions; }};
    const auto visit = [&] {
      barrier.wait();
      require(actions == 1);
    };
    parallel(visit, visit);
  });
}

TEST_CASE("Barrier: a fast thread cannot lap a slow one", "[primitives][barrier]") {
  in_both_worlds([] {
    int rounds = 0;
    Barrier barrier{2, [&] { ++rounds; }};
    const auto visit = [&] {
      barrier.wait();
      require(rounds == 1);
      barrier.wait();
      require(rounds == 2);
    };
    parallel(visit, visit);
  });
}

TEST_CASE("Barrier: a party that gives up breaks it for all, until it is reset", "[primitives][barrier]") {
  in_both_worlds([] {
    Barrier barrier{2};
    require(throws<BrokenBarrierError>([&] { barrier.wait(1ms); }));
    require(barrier.broken());
    require(throws<BrokenBarrierError>([&] { barrier.wait(); }));
    barrier.reset();
    require(!barrier.broken());
    require(barrier.n_waiting() == 0);
  });
}

TEST_CASE("Barrier: uses its own timeout for waits that give none", "[primitives][barrier]") {
  in_both_worlds([] {
    Barrier barrier{2, {}, 1ms};
    require(throws<BrokenBarrierError>([&] { barrier.wait(); }));
  });
}

TEST_CASE("Barrier: abort frees those who wait, with an error", "[primitives][barrier]") {
  in_both_worlds([] {
    Barrier barrier{2};
    parallel([&] { require(throws<BrokenBarrierError>([&] { barrier.wait(); })); }, [&] { barrier.abort(); });
    require(barrier.broken());
  });
}

TEST_CASE("Barrier: a failing action breaks it and leaves through the thread that ran it", "[primitives][barrier]") {
  in_both_worlds([] {
    Barrier barrier{2, [] { throw std::logic_error("no"); }};
    int failed = 0;
    int broken = 0;
    Lock counting;
    const auto visit = [&] {
      try {
        barrier.wait();
      } catch (const BrokenBarrierError&) {
        Guard guard{counting};
        ++broken;
      } catch (const std::logic_error&) {
        Guard guard{counting};
        ++failed;
      }
    };
    parallel(visit, visit);
    require(failed == 1 && broken == 1);
  });
}

TEST_CASE("Barrier: reset frees those who wait, with an error, and leaves it usable", "[primitives][barrier]") {
  in_both_worlds([] {
    Barrier barrier{2};
    parallel(
        [&] {
          // A reset that comes before us finds nobody: then this wait ends by its timeout.
          require(throws<BrokenBarrierError>([&] { barrier.wait(1ms); }));
        },
        [&] { barrier.reset(); });
    barrier.reset();
    require(!barrier.broken());
  });
}
