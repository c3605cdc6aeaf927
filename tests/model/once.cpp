// Things that happen once: pthread_once, std::call_once, function-local statics.
#include "explored.hpp"

#include <atomic>
#include <mutex>
#include <stdexcept>

#include <pthread.h>

using namespace interleave;

TEST_CASE("pthread_once runs its function once; who comes meanwhile waits") {
  // O begins and D ends the initialisation; the other's O is not enabled in between:   1O 1D 2O   2O 2D 1O
  static pthread_once_t once;
  static int runs = 0;
  once = PTHREAD_ONCE_INIT;
  CHECK_HOLDS(explore_all([] {
    const auto use = [] {
      pthread_once(&once, [] { ++runs; });
      require(runs == 1);
    };
    parallel(use, use);
  }), 2u);
  CHECK(runs == 0);
}

TEST_CASE("std::call_once runs one of the callables, with its own arguments") {
  const Report report = explore_all([] {
    std::once_flag once;
    int first = 0;
    parallel([&] { std::call_once(once, [&](int n) { first = n; }, 1); },
             [&] { std::call_once(once, [&](int n) { first = n; }, 2); });
    outcome(std::to_string(first));
  });
  CHECK_HOLDS(report, 2u);
  CHECK_OUTCOMES(report, {{"1", 1}, {"2", 1}});
}

TEST_CASE("a callable that uses visible operations is not overtaken by the other caller") {
  // One of them: O a a D, then its load L beside the other's O L: L before O, between, after. 2 * 3.
  std::atomic<int> n = 0;
  CHECK_HOLDS(explore_all([&] {
    std::once_flag once;
    const auto use = [&] {
      std::call_once(once, [&] { ++n, ++n; });
      require(n.load() == 2);
    };
    parallel(use, use);
  }), 6u);
}

TEST_CASE("a callable that throws leaves it to the next caller") {
  // First caller: O, throw, D. The second then does the same, without throwing. The first attempt throws, whoever makes it.
  const Report report = explore_all([] {
    std::once_flag once;
    int attempts = 0, caught = 0;
    const auto use = [&] {
      try {
        std::call_once(once, [&] {
          if (++attempts == 1) throw std::runtime_error("not now");
        });
      } catch (const std::runtime_error& e) {
        require(std::string(e.what()) == "not now");
        ++caught;
      }
    };
    parallel(use, use);
    require(attempts == 2);
    require(caught == 1);
  });
  CHECK_HOLDS(report, 2u);
}

TEST_CASE("a function-local static is made once in every execution") {
  // A user loads the guard, and if it is down takes it, makes the static and raises it: l g r; a late one takes it for
  // nothing: l g. The first to take the guard is 1 (as many again for 2):
  //     2l before 1l, before 1g, or before 1r: then 2g comes last       3
  //     2l after 1r: the guard is up                                     1
  static int made = 0;
  struct Makes {
    Makes() { ++made; }
    int value = 7;
  };
  const Report report = explore_all([] {
    const auto use = [] {
      static Makes makes;
      require(makes.value == 7);
      require(made == 1);
    };
    parallel(use, use);
  });
  CHECK_HOLDS(report, 8u);
  CHECK(made == 0);
}

TEST_CASE("a static whose initialisation throws is made by the next") {
  const Report report = explore_all([] {
    static int attempts;
    attempts = 0;
    const auto use = [] {
      try {
        static const int value = [] {
          if (++attempts == 1) throw std::runtime_error("not now");
          return 7;
        }();
        require(value == 7);
      } catch (const std::runtime_error&) {
      }
    };
    use();
    use();
    require(attempts == 2);
  });
  CHECK_HOLDS(report, 1u);
}
