// A thread that uses a Condition without holding its lock: is it told?
//
// Python's Condition over a plain Lock asks "is it held by anybody?" by trying to take it, so misuse passes unnoticed while
// another thread has the lock (CPython issue gh-69702). ProbedLock keeps that; Lock remembers who holds it, as RLock must.
#include <array>
#include <string>
#include <thread>
#include <vector>

#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/primitives/condition.hpp>
#include <interleave/scenarios/daemon.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

// ---- notify --------------------------------------------------------------------------------------------------------

template <class AnyLock>
Definition notify(std::string name, Verdict expect, std::vector<std::string> outcomes) {
  return {.name = "unowned/notify_" + name,
          .summary = expect == Verdict::pass ? "A notify without the lock is always refused"
                                             : "A notify without the lock passes unnoticed while another thread has it",
          .expect = expect,
          .failure_kind = expect == Verdict::pass ? "" : "require",
          .outcomes = std::move(outcomes),
          .body = [] {
            AnyLock lock;
            Condition condition{lock};
            bool refused = false;
            parallel(
                [&] {
                  name_thread("holder");
                  lock.acquire();
                  std::this_thread::yield();
                  lock.release();
                },
                [&] {
                  name_thread("stranger");
                  try {
                    condition.notify();
                  } catch (const RuntimeError&) {
                    refused = true;
                  }
                });
            outcome(refused ? "refused" : "unnoticed");
            require(refused, "a notify without the lock is refused");
          }};
}

const Scenario notify_probed{notify<ProbedLock>("probed", Verdict::fail, {"refused", "unnoticed"})};
const Scenario notify_lock{notify<Lock>("lock", Verdict::pass, {"refused"})};
const Scenario notify_rlock{notify<RLock>("rlock", Verdict::pass, {"refused"})};

// ---- wait ----------------------------------------------------------------------------------------------------------

// Two threads use the lock properly; a third waits without it. If it is not refused it releases the lock of whoever has it: two
// threads inside, and an error for the innocent holder when it releases. The stranger is a daemon, for it then sleeps for ever.
template <class AnyLock>
Definition wait(std::string name, Verdict expect, std::vector<std::string> outcomes) {
  return {.name = "unowned/wait_" + name,
          .summary = expect == Verdict::pass ? "A wait without the lock is always refused"
                                             : "A wait without the lock releases somebody else's: two threads inside",
          .expect = expect,
          .failure_kind = expect == Verdict::pass ? "" : "mutual-exclusion",
          .outcomes = std::move(outcomes),
          .hangs = expect != Verdict::pass,
          .body = [] {
            struct State {
              AnyLock lock;
              Condition condition{lock};
              Section inside{"inside"};
            };
            State& state = make_immortal<State>();
            std::array<int, 2> robbed{};
            std::vector<std::function<void()>> threads;
            for (int& error : robbed) {
              threads.push_back([&state, &error] {
                state.lock.acquire();
                {
                  const Section::Visit here{state.inside};
                  std::this_thread::yield();
                }
                try {
                  state.lock.release();
                } catch (const RuntimeError&) {
                  error = 1;
                }
              });
            }
            start_daemon([&state] {
              name_thread("stranger");
              try {
                state.condition.wait();
              } catch (const RuntimeError&) {
              }
            });
            parallel(std::move(threads));
            int errors = 0;
            for (int error : robbed) errors += error;
            outcome(errors == 0 ? "nobody robbed" : std::to_string(errors) + " robbed");
          }};
}

const Scenario wait_probed{wait<ProbedLock>("probed", Verdict::fail, {"nobody robbed", "1 robbed"})};
const Scenario wait_lock{wait<Lock>("lock", Verdict::pass, {"nobody robbed"})};
const Scenario wait_rlock{wait<RLock>("rlock", Verdict::pass, {"nobody robbed"})};

}  // namespace
}  // namespace interleave::scenarios
