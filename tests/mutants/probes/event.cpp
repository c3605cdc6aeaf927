#include <interleave/primitives/event.hpp>

#include "probe.hpp"

namespace interleave::scenarios {
namespace {

const Scenario one_waiter{probe("event/one_waiter", {}, [] {
  Event event;
  parallel([&] { require(event.wait(), "it was set"); }, [&] { event.set(); });
})};

const Scenario two_waiters{probe("event/two_waiters", {}, [] {
  Event event;
  parallel([&] { event.wait(); }, [&] { event.wait(); }, [&] { event.set(); });
})};

const Scenario set_before{probe("event/set_before", {}, [] {
  Event event;
  event.set();
  require(event.wait(), "it is set");
  event.clear();
  require(!event.is_set(), "it was cleared");
})};

// The flag goes up and down again while somebody sleeps: the virtual clock moves only when all others do.
const Scenario pulse{probe("event/pulse", {}, [] {
  Event event;
  parallel([&] { require(event.wait(), "it was set while this thread slept"); },
           [&] {
             std::this_thread::sleep_for(std::chrono::seconds(1));
             event.set();
             event.clear();
           });
}, {.clock = "virtual"})};

// A waiter that may come too late for the pulse, and gives up.
const Scenario pulse_or_timeout{probe("event/pulse_or_timeout", {"woken", "late"}, [] {
  Event event;
  bool woken = false;
  parallel([&] { woken = event.wait(Seconds{1}); },
           [&] {
             event.set();
             event.clear();
           });
  outcome(woken ? "woken" : "late");
})};

}  // namespace
}  // namespace interleave::scenarios
