#include "worlds.hpp"

#include <interleave/primitives/event.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("Event: its flag is down at first, up after set and down after clear", "[primitives][event]") {
  in_both_worlds([] {
    Event event;
    require(!event.is_set());
    event.set();
    event.set();
    require(event.is_set());
    event.clear();
    require(!event.is_set());
  });
}

TEST_CASE("Event: wait returns true at once while the flag is up", "[primitives][event]") {
  in_both_worlds([] {
    Event event;
    event.set();
    require(event.wait());
    require(event.wait(0s));
    require(event.wait(-1s));
    require(event.is_set(), "waiting does not lower the flag");
  });
}

TEST_CASE("Event: a timed wait for a flag that stays down returns false", "[primitives][event]") {
  in_both_worlds([] {
    Event event;
    require(!event.wait(1ms));
    require(!event.wait(0s));
    require(!event.wait(-1s));
    event.set();
    require(event.wait(), "and leaves the event usable");
  });
}

TEST_CASE("Event: set frees everybody who waits, and shows them what was done before", "[primitives][event]") {
  in_both_worlds([] {
    Event event;
    int result = 0;
    const auto look = [&] {
      require(event.wait());
      require(result == 42);
    };
    parallel(look, look, [&] {
      result = 42;
      event.set();
    });
  });
}

TEST_CASE("Event: who sees the flag up without the lock also sees what was done before", "[primitives][event]") {
  in_both_worlds([] {
    Event event;
    int result = 0;
    parallel([&] { require(!event.is_set() || result == 42); },
             [&] {
               result = 42;
               event.set();
             });
  });
}

// If the pulse is over before the waiter looks, it takes the second set to free it.
TEST_CASE("Event: a waiter freed by a set that is followed at once by clear still gets true", "[primitives][event]") {
  in_both_worlds([] {
    Event event;
    parallel([&] { require(event.wait()); },
             [&] {
               event.set();
               event.clear();
               event.set();
             });
  });
}

TEST_CASE("Event: a timed wait that is signalled in time returns true, else false", "[primitives][event]") {
  in_both_worlds([] {
    Event event;
    parallel(
        [&] {
          if (event.wait(1ms)) require(event.is_set());
        },
        [&] { event.set(); });
    require(event.is_set());
  });
}
