// Scenarios for the tests of the command: one for each thing that a verdict can be. The command is linked with these instead of
// the real ones, so that its tests stay true whatever becomes of those.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/transcript.hpp>

namespace interleave::scenarios {
namespace {

// Two threads of one load and one store each: 6 interleavings, of which 4 lose an update.
int lost_update() {
  std::atomic<int> n{0};
  const auto increment = [&] { n = n + 1; };
  parallel(increment, increment);
  return n;
}

const Scenario passes{{.name = "good/passes", .summary = "two atomic increments", .outcomes = {"2"}, .body = [] {
  std::atomic<int> n{0};
  parallel([&] { ++n; }, [&] { ++n; });
  outcome(std::to_string(n));
}}};

const Scenario prints{{.name = "good/prints", .summary = "prints to stdout", .body = [] { std::puts("noise from the program"); }}};

// Past every handler, as the kernel does where memory runs out.
void kill_this_process() {
  long number = SYS_kill;
  asm volatile("syscall" : "+a"(number) : "D"(static_cast<long>(getpid())), "S"(9L) : "rcx", "r11", "memory");
}

const Scenario both_outcomes{{.name = "good/both_outcomes", .summary = "a lost update is an outcome", .outcomes = {"1", "2"}, .body = [] {
  const int n = lost_update();
  if (std::getenv("FIXTURE_KILLS") != nullptr && n == 1) kill_this_process();
  outcome(std::to_string(n));
}}};

// The poller may go round before the flag is up: no other schedule's business, and not followed for ever.
const Scenario polls{{.name = "rounds/polls", .summary = "waits for a flag with nothing but its mutex", .outcomes = {"seen"}, .body = [] {
  std::mutex mutex;
  bool flag = false;
  parallel([&] { const std::scoped_lock lock(mutex); flag = true; },
           [&] {
             while (true) {
               const std::scoped_lock lock(mutex);
               if (flag) break;
             }
             outcome("seen");
           });
}}};

const Scenario fails{{.name = "bad/lost_update", .summary = "a lost update", .expect = Verdict::fail, .failure_kind = "require",
                      .outcomes = {"2"}, .body = [] {
  require(lost_update() == 2, "an update was lost");
  outcome("2");
}}};

const Scenario deadlock{{.name = "bad/deadlock", .summary = "A-B, B-A", .expect = Verdict::fail, .failure_kind = "deadlock",
                         .hangs = true, .body = [] {
  std::mutex a, b;
  parallel([&] { const std::scoped_lock first(a); const std::scoped_lock second(b); },
           [&] { const std::scoped_lock first(b); const std::scoped_lock second(a); });
}}};

const Scenario says{{.name = "bad/says", .summary = "says what it does, and fails", .expect = Verdict::fail,
                     .failure_kind = "require", .body = [] {
  say("said by the body");
  pause();
  require(false);
}}};

const Scenario spurious{{.name = "bad/spurious", .summary = "fails only if a wait may end unasked", .body = [] {
  std::mutex mutex;
  std::condition_variable ready;
  bool set = false;
  parallel(
      [&] {
        std::unique_lock lock(mutex);
        if (!set) ready.wait(lock);
        require(set, "woken, but not set");
      },
      [&] {
        const std::scoped_lock lock(mutex);
        set = true;
        ready.notify_one();
      });
}}};

const Scenario surprise{{.name = "wrong/fails", .summary = "declared to pass, fails", .body = [] {
  const bool strange = std::getenv("FIXTURE_BYTES") != nullptr;  // no text of XML, nor of UTF-8
  require(lost_update() == 2, strange ? "\x01\x1b[1m \xff\xc0\x80 \xed\xa0\x80 \xef\xbf\xbe <&\"]]> \xc3\xa4" : "an update was lost");
}}};

const Scenario harmless{{.name = "wrong/passes", .summary = "declared to fail, passes", .expect = Verdict::fail,
                         .failure_kind = "require", .body = [] { lost_update(); }}};

const Scenario kind{{.name = "wrong/kind", .summary = "fails otherwise than declared", .expect = Verdict::fail,
                     .failure_kind = "deadlock", .body = [] { require(false); }}};

const Scenario undeclared{{.name = "wrong/undeclared_outcome", .summary = "has an outcome more than declared", .outcomes = {"2"},
                           .body = [] { outcome(std::to_string(lost_update())); }}};

const Scenario missing{{.name = "wrong/missing_outcome", .summary = "has an outcome less than declared", .outcomes = {"1", "2", "3"},
                        .body = [] { outcome(std::to_string(lost_update())); }}};

const Scenario endless{{.name = "limit/endless", .summary = "never ends", .effort = Effort::bounded, .body = [] {
  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  parallel([&] {  // each time it does more
    for (int more = 1; !stop; ++more)
      for (int i = 0; i < more; ++i) ++rounds;
  });
}}};

const Scenario counts{{.name = "limit/counts", .summary = "waits in a loop that counts", .effort = Effort::bounded,
                        .options = {.strategy = "dpor"}, .body = [] {
  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  parallel([&] { while (!stop) ++rounds; }, [&] { stop = true; });
}}};

const Scenario bounded{{.name = "limit/bounded", .summary = "passes up to a bound", .effort = Effort::bounded,
                         .options = {.strategy = "preemptions:bound=1/dfs"}, .body = [] { lost_update(); }}};

const Scenario large{{.name = "limit/large", .summary = "too much for a plain search", .effort = Effort::search_reduced, .body = [] {
  const auto work = [] {
    std::atomic<int> own{0};
    for (int i = 0; i < 20; ++i) ++own;
  };
  parallel(work, work, work);
}}};

const Scenario unsupported{{.name = "limit/unsupported", .summary = "a system call that the model does not know", .body = [] {
  syscall(SYS_getppid);
}}};

}  // namespace
}  // namespace interleave::scenarios
