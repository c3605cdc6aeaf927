// Thread itself: what its start and its end order, who may join, and what a daemon is.
//
// Python 2.6 builds start from an Event and join from a Condition; ours are POSIX's. The handshake is kept here as a scenario.
#include <string>

#include <interleave/primitives/event.hpp>
#include <interleave/primitives/thread.hpp>
#include <interleave/scenarios/daemon.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

const Scenario join{{
    .name = "thread/join",
    .summary = "What a thread did is there after join, which may be called again",
    .outcomes = {"7"},
    .body = [] {
      int result = 0;
      Thread thread{"Thread-1", [&] { result = 7; }};
      thread.start();
      thread.join();
      thread.join();
      outcome(std::to_string(result));
      require(!thread.is_alive(), "a thread that was joined has ended");
    },
}};

const Scenario two_joiners{{
    .name = "thread/two_joiners",
    .summary = "Two threads join a third; both find it ended",
    .outcomes = {"7 7"},
    .body = [] {
      int result = 0, first = 0, second = 0;
      Thread thread{"Thread-1", [&] { result = 7; }};
      thread.start();
      const auto joiner = [&](int& seen) {
        thread.join();
        seen = result;
      };
      parallel([&] { joiner(first); }, [&] { joiner(second); });
      outcome(std::to_string(first) + " " + std::to_string(second));
    },
}};

// 2.6's start: the parent goes on when the child runs.
const Scenario handshake{{
    .name = "thread/handshake",
    .summary = "2.6's start waits on an Event that the new thread sets: the child runs when start returns",
    .outcomes = {"running"},
    .body = [] {
      Event started;
      bool runs = false;  // ordered by the event
      Thread thread{"Thread-1", [&] {
                      runs = true;
                      started.set();
                    }};
      thread.start();
      started.wait();
      outcome(runs ? "running" : "not yet");
      thread.join();
    },
}};

const Scenario daemon{{
    .name = "thread/daemon",
    .summary = "A program may end while its daemon sleeps",
    .outcomes = {"main ended"},
    .hangs = true,
    .body = [] {
      Event& never = make_immortal<Event>();
      Thread thread{"Thread-1", [&never] { never.wait(); }};
      thread.set_daemon(true);
      thread.start();
      outcome("main ended");
    },
}};

const Scenario not_a_daemon{{
    .name = "thread/not_a_daemon",
    .summary = "The same without the flag: main waits for a thread that never ends",
    .expect = Verdict::fail,
    .failure_kind = "deadlock",
    .outcomes = {"main is about to end"},
    .hangs = true,
    .body = [] {
      Event never;
      Thread thread{"Thread-1", [&] { never.wait(); }};
      thread.start();
      outcome("main is about to end");
    },
}};

}  // namespace
}  // namespace interleave::scenarios
