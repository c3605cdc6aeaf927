// Waits that may time out. In the model a timeout may end at any moment, so "just in time" and "just too late" are both tried.
//
// The trap: a waiter whose time ends may still be the one that a notify picks, before it has the lock back. It returns false,
// and the notify has woken nobody else. Harmless if it looks at the condition itself before it gives up; fatal if it trusts
// the result. Inherent in every version.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/event.hpp>
#include <interleave/primitives/lock.hpp>
#include <interleave/primitives/python26.hpp>
#include <interleave/primitives/queue.hpp>
#include <interleave/primitives/semaphore.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

using namespace std::chrono_literals;

// 2.6's Condition, whose waiters take themselves out of the list *before* they have the lock back, so while others may be
// walking it (bpo-22185). The interpreter's lock makes each change of the list one step, and so does the model: there is no
// visible operation inside one. On real threads it is a data race. (In python26::Condition the waiters are counted references,
// whose atomics are steps, and so the list breaks in the model as well.)
class Condition26 {
 public:
  explicit Condition26(Lock& lock) : lock_(lock) {}

  void wait(Timeout timeout = std::nullopt) {
    made_.push_back(std::make_unique<Lock>(Lock::Held{}));
    Lock* const waiter = made_.back().get();
    waiters_.push_back(waiter);
    lock_.release();
    if (!waiter->acquire(true, timeout)) std::erase(waiters_, waiter);
    lock_.acquire();
  }

  // First the post, then out of the list; the waiter may have left by itself in between.
  void notify() {
    if (waiters_.empty()) return;
    Lock* const waiter = waiters_.front();
    waiter->release();
    std::erase(waiters_, waiter);
  }

 private:
  Lock& lock_;
  std::vector<Lock*> waiters_;               // oldest first
  std::vector<std::unique_ptr<Lock>> made_;  // all there ever were
};

// Tokens under a Condition over a Lock; `AnyCondition` is ours or 2.6's.
template <class AnyCondition>
struct Tokens {
  Lock lock;
  AnyCondition changed{lock};
  int count = 0;

  void give() {
    lock.acquire();
    ++count;
    changed.notify();
    lock.release();
  }

  void take() {
    lock.acquire();
    while (count == 0) changed.wait();
    --count;
    lock.release();
  }

  // Waits once, and then looks. (2.6's wait has no result that one could trust.)
  bool take_soon() {
    lock.acquire();
    if (count == 0) changed.wait(1us);
    const bool found = count > 0;
    if (found) --count;
    lock.release();
    return found;
  }

  // Believes the wait. It sees no token where there may be one.
  bool take_soon_trusting() {
    lock.acquire();
    const bool found = count > 0 || changed.wait(1us);
    if (found) --count;
    lock.release();
    return found;
  }
};

// Two waiters, one of them timed, and two tokens.
template <class AnyCondition>
Definition two_tokens(std::string name, std::string summary, bool hangs) {
  return {.name = "timed/" + name,
          .summary = std::move(summary),
          .outcomes = {"both served", "the timed one gave up"},
          .hangs = hangs,
          .body = [] {
            Tokens<AnyCondition> tokens;
            bool served = false;
            parallel(
                [&] {
                  name_thread("timed");
                  served = tokens.take_soon();
                },
                [&] {
                  name_thread("untimed");
                  tokens.take();
                },
                [&] {
                  name_thread("giver");
                  tokens.give();
                  tokens.give();
                });
            outcome(served ? "both served" : "the timed one gave up");
            require(tokens.count == (served ? 0 : 1), "every token is taken or left");
          }};
}

const Scenario two_tokens_current{two_tokens<Condition>(
    "two_tokens", "A timed and an untimed waiter, two tokens: nobody who looks again goes wrong", false)};
// 2.6's form is left out of runs on real threads: a list that two threads change at once may lose a waiter, or break. It is no
// canary for ThreadSanitizer either, since the two seldom meet.
// In Python the interpreter's lock makes each change of the list one step: that it is a data race in C++ is not what is asked.
const Scenario two_tokens_python26{[] {
  Definition definition = two_tokens<Condition26>(
      "two_tokens_python26", "The same in 2.6's order: same results, but the list is changed without its lock", true);
  definition.options.races = "ignore";
  return definition;
}()};

// One timed waiter and one giver: the same, small enough for every interleaving.
template <class AnyCondition>
Definition one_token(std::string name) {
  return {.name = "timed/" + name,
          .summary = "A timed waiter that looks again, and one token: it is taken or left, never lost",
          .outcomes = {"taken", "left"},
          .body = [] {
            Tokens<AnyCondition> tokens;
            bool served = false;
            parallel(
                [&] {
                  name_thread("timed");
                  served = tokens.take_soon();
                },
                [&] {
                  name_thread("giver");
                  tokens.give();
                });
            outcome(served ? "taken" : "left");
            require(tokens.count == (served ? 0 : 1), "the token is taken or left");
          }};
}

const Scenario one_token_current{one_token<Condition>("one_token")};
const Scenario one_token_python26{[] {
  Definition definition = one_token<Condition26>("one_token_python26");
  definition.summary = "The same in 2.6's order: same results, but the list is changed without its lock (a data race)";
  definition.hangs = true;
  definition.options.races = "ignore";
  return definition;
}()};

// One token that goes from hand to hand, and a timed waiter that may give up. If it does not look again, a notify may be
// spent on it and the other sleeps for ever beside the token.
template <bool Trusting>
void hand_on() {
  Tokens<Condition> tokens;
  parallel(
      [&] {
        name_thread("timed");
        if (Trusting ? tokens.take_soon_trusting() : tokens.take_soon()) tokens.give();
      },
      [&] {
        name_thread("untimed");
        tokens.take();
        tokens.give();
      },
      [&] {
        name_thread("giver");
        tokens.give();
      });
  outcome(std::to_string(tokens.count) + " left");
}

const Scenario trusting{{
    .name = "timed/trusting",
    .summary = "A waiter that trusts its timeout may swallow a notify: the other sleeps beside the token",
    .expect = Verdict::fail,
    .failure_kind = "deadlock",
    .outcomes = {"1 left"},
    .hangs = true,
    .body = hand_on<true>,
}};

const Scenario looking_again{{
    .name = "timed/looking_again",
    .summary = "A waiter that looks again before it gives up does not",
    .outcomes = {"1 left"},
    .body = hand_on<false>,
}};

// ---- one timed call each -------------------------------------------------------------------------------------------

// `get` is given something by another thread in time, or not.
Definition in_time(std::string name, std::string summary, std::function<void()> body) {
  return {.name = "timed/" + name, .summary = std::move(summary), .outcomes = {"in time", "too late"}, .body = std::move(body)};
}

void race(const std::function<bool()>& get, const std::function<void()>& give) {
  bool got = false;
  parallel([&] { got = get(); }, give);
  outcome(got ? "in time" : "too late");
}

const Scenario lock_timeout{in_time("lock", "A timed acquire of a held lock", [] {
  Lock lock;
  lock.acquire();
  race([&] { return lock.acquire(true, 1us); }, [&] { lock.release(); });
})};

const Scenario semaphore_timeout{in_time("semaphore", "A timed acquire of a semaphore without permits", [] {
  Semaphore semaphore{0};
  race([&] { return semaphore.acquire(true, 1us); }, [&] { semaphore.release(); });
})};

const Scenario event_timeout{in_time("event", "A timed wait for an event", [] {
  Event event;
  race([&] { return event.wait(1us); }, [&] { event.set(); });
})};

const Scenario queue_timeout{in_time("queue", "A timed get from an empty queue", [] {
  Queue<int> queue;
  race(
      [&] {
        try {
          return queue.get(true, 1us) == 7;
        } catch (const Empty&) {
          return false;
        }
      },
      [&] { queue.put(7); });
})};

// ---- a pulse -------------------------------------------------------------------------------------------------------

// An event is set and cleared at once. Whoever already sleeps wakes up, and ours says that it was signalled. 2.7's wait gives
// the flag as it finds it on leaving, which may be down again (bpo-13502).
template <class AnyEvent>
Definition pulse(std::string name, std::string summary, std::vector<std::string> outcomes) {
  return {.name = "timed/" + name,
          .summary = std::move(summary),
          .outcomes = std::move(outcomes),
          .body = [] {
            AnyEvent event;
            bool signalled = false;
            parallel([&] { signalled = event.wait(); },
                     [&] {
                       event.set();
                       event.clear();
                       event.set();  // for a waiter that came too late for the pulse
                     });
            outcome(signalled ? "true" : "false");
          }};
}

const Scenario pulse_current{
    pulse<Event>("pulse", "A wait that a pulse has woken gives true, though the flag is down again", {"true"})};
const Scenario pulse_python26{pulse<python26::Event>(
    "pulse_python26", "2.7's wait gives the flag as it finds it on leaving: false for a waiter that was woken",
    {"true", "false"})};

}  // namespace
}  // namespace interleave::scenarios
