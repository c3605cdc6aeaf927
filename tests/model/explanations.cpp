// What a reader is told of a deadlock and of the steps that led to it.
#include "explored.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>

using namespace interleave;
using Catch::Contains;

namespace {

const ThreadState& thread_of(const Report& report, const std::string& name) {
  REQUIRE(report.failure);
  const auto& threads = report.failure->threads;
  const auto found = std::find_if(threads.begin(), threads.end(), [&](const ThreadState& thread) { return thread.name == name; });
  REQUIRE(found != threads.end());
  return *found;
}

bool traced(const Report& report, const std::string& operation) {
  REQUIRE(report.failure);
  const auto& trace = report.failure->trace;
  return std::any_of(trace.begin(), trace.end(), [&](const TraceEvent& event) { return event.operation == operation; });
}

}  // namespace

TEST_CASE("explanations: a signal that found nobody") {
  const Report report = explore_all([] {
    std::mutex m;
    std::condition_variable c;
    parallel(
        [&] {
          std::unique_lock lock(m);
          c.wait(lock);
        },
        [&] { c.notify_one(); });
  });
  CHECK(thread_of(report, "T1").operation == "condition wait");
  CHECK(traced(report, "condition signal (nobody waits)"));
  CHECK_THAT(report.failure->message, (Contains("T1 waits for c; the notify_one at step 1 (T2, explanations.cpp:") ||
                                       Contains("T1 waits for condition 1; the condition signal at step 1 (T2, explanations.cpp:")) &&
                                          Contains(") found nobody waiting (lost signal)"));
}

TEST_CASE("explanations: a signal that woke another thread") {
  const Report report = explore_all([] {
    std::mutex m;
    std::condition_variable c;
    int waiting = 0;
    const auto wait = [&] {
      std::unique_lock lock(m);
      ++waiting;
      c.wait(lock);
    };
    parallel(wait, wait, [&] {
      const std::lock_guard guard(m);
      if (waiting == 2) c.notify_one();
    });
  }, {.executions_max = 1});
  // Both asleep, then the signal: seven steps (lock, wait, lock, wait, lock, signal, unlock), of which it is the sixth.
  CHECK(thread_of(report, "T2").operation == "condition wait");
  CHECK_THAT(report.failure->message, (Contains("T2 waits for c; the notify_one at step 6 (T3, explanations.cpp:") ||
                                       Contains("T2 waits for condition 1; the condition signal at step 6 (T3, explanations.cpp:")) &&
                                          Contains(") woke another thread, T1"));
}

TEST_CASE("explanations: a thread that was woken and waits again") {
  const Report report = explore_all([] {
    std::mutex m;
    std::condition_variable c;
    bool never = false;
    parallel(
        [&] {
          std::unique_lock lock(m);
          c.wait(lock, [&] { return never; });
        },
        [&] {
          const std::lock_guard guard(m);
          c.notify_one();
        });
  }, {.executions_max = 1, .shrink = false});  // shrunk, it would be a signal that finds nobody: no preemption either, and shorter
  // lock, wait, lock, signal, unlock, lock, wait.
  CHECK_THAT(report.failure->message, Contains("T1 was woken before, and waits again since step 7; no signal came since"));
}

TEST_CASE("explanations: the reader that keeps a writer waiting, be it itself") {
  const auto body = [](bool itself) {
    return [=] {
      std::shared_mutex m;
      std::atomic<bool> reading{false};
      parallel(
          [&] {
            m.lock_shared();
            reading = true;
            if (!itself) return;
            m.lock();
          },
          [&] {
            if (!itself && reading) m.lock();
          });
    };
  };
  const Report own = explore_all(body(true));
  const std::string name = own.failure->message.find("rwlock 1") != std::string::npos ? "rwlock 1" : "m";  // without debug information of variables
  CHECK_THAT(own.failure->message, Contains("cycle: T1 waits for " + name + " held by itself since step 1 (explanations.cpp:"));
  const Report other = explore_all(body(false));
  CHECK_THAT(other.failure->message, Contains("T2 waits for " + name + " held by T1 since step 1 (explanations.cpp:"));
}

TEST_CASE("explanations: a reader that has gone is not blamed") {
  const Report report = explore_all([] {
    std::shared_mutex m;
    m.lock_shared();
    m.unlock_shared();
    m.lock();
    std::thread t([&] { m.lock(); });
    t.join();
  });
  CHECK_THAT(report.failure->message, (Contains("T1 waits for m held by main") || Contains("T1 waits for rwlock 1 held by main")) && !Contains("since step 1"));
}

TEST_CASE("explanations: a wakeup that nobody caused is called so, a timeout a timeout") {
  const auto body = [](bool timed) {
    return [=] {
      std::mutex m;
      std::condition_variable c;
      std::unique_lock lock(m);
      if (timed) {
        c.wait_for(lock, std::chrono::seconds(1));
      } else {
        c.wait(lock);
      }
      require(false);
    };
  };
  const Report spurious = explore_all(body(false), {.spurious_wakeups = true});
  CHECK(traced(spurious, "condition spurious wakeup"));
  CHECK_FALSE(traced(spurious, "condition timeout"));
  const Report timeout = explore_all(body(true));
  CHECK(traced(timeout, "condition timeout"));
  CHECK_FALSE(traced(timeout, "condition spurious wakeup"));
}

TEST_CASE("explanations: an int that was decremented below zero shows its sign") {
  const Report report = explore_all([] {
    std::atomic<int> n{0};
    n.fetch_sub(1);
    require(false);
  });
  CHECK(traced(report, "fetch-modify <- -1"));
}

TEST_CASE("explanations: the trace has the names of objects, or numbers and what they stand for, also of a crash") {
  const auto body = [](bool crashes) {
    return [crashes] {
      struct Pair {
        std::atomic<int> first{0}, second{0};
      };
      std::atomic<int> flag{0};
      const auto pair = std::make_unique<Pair>();
      parallel([&] { pair->second = 1; }, [&] { flag = 1; });
      if (crashes) std::abort();
      require(false);
    };
  };
  for (const bool crashes : {false, true}) {
    const Report report = explore_all(body(crashes));
    REQUIRE(report.failure);
    CHECK(report.failure->kind == (crashes ? "crash" : "require"));
    const auto& objects = report.failure->objects;
    std::set<std::string> names;
    for (const TraceEvent& event : report.failure->trace) names.insert(event.object);
    if (objects.empty()) {
      CHECK(names.contains("pair->second"));
      CHECK(names.contains("flag"));
    } else {  // there is no debug information of variables
      REQUIRE(objects.size() == 2);
      CHECK(objects[0].first == "atomic 1");
      CHECK(objects[1].first == "atomic 2");
      CHECK_THAT(objects[0].second, Contains("byte 4 of a block of 8 bytes, allocated by main at explanations.cpp:"));
      CHECK_THAT(objects[1].second, Catch::EndsWith(" in a lambda on the stack of main"));
    }
  }
}
