// What `explore` and `check` say of a pass, and what they say that it rests on.
#include <unistd.h>

#include <array>
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <semaphore>
#include <stop_token>
#include <string>
#include <thread>

#include <catch2/catch.hpp>
#include <interleave/interleave.hpp>

#include "../said.hpp"
#include "queue.hpp"

using namespace interleave;

namespace {

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

std::string line(unsigned number) { return ":" + std::to_string(number) + " "; }

// What of the memory is assumed; empty: nothing.
std::string memory_of(const std::function<void()>& body, Options options = {}) {
  const Report report = explore(body, options);
  CHECK(report.verdict == Verdict::pass);
  for (const std::string& each : report.assumed)
    if (each.find("sequentially consistent") != each.npos) return each;
  return {};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

constexpr auto relaxed = std::memory_order_relaxed;

void two_increments() {
  std::atomic<int> n{0};
  parallel([&] { ++n; }, [&] { ++n; });
}

void six_increments() {
  std::atomic<int> n{0};
  const auto three = [&] { ++n, ++n, ++n; };
  parallel(three, three);
}

}  // namespace

// ---- the lines ----

TEST_CASE("a complete pass is one line; INTERLEAVE_QUIET leaves it out") {
  CHECK(said_on_stderr([] { check(two_increments, {.name = "two"}); }) == "interleave: two  proved: all 2 executions pass\n");
  CHECK(said_on_stderr([] { explore(two_increments, {.name = "two"}); }) == "interleave: two  proved: all 2 executions pass\n");
  CHECK(said_on_stderr([] { check([] {}, {.name = "none"}); }) == "interleave: none  proved: the only execution passes\n");
  const Variable quiet("INTERLEAVE_QUIET", "1");
  CHECK(said_on_stderr([] { check(two_increments, {.name = "two"}); }).empty());
}

TEST_CASE("a pass that proves nothing, or not everything, says so, quiet or not") {
  for (const char* quiet : {"0", "1"}) {
    const Variable variable("INTERLEAVE_QUIET", quiet);
    CHECK(said_on_stderr([] { check(two_increments, {.name = "two", .strategy = "random", .seed = 3, .executions_max = 90}); }) ==
          "interleave: two  sampled: 90 executions (random, seed 3), none fails; this proves nothing (95 %: fewer than 1 in 30 fails)\n");
    const std::string bounded = said_on_stderr([] { check(six_increments, {.name = "six", .strategy = "preemptions:bound=1/dfs"}); });
    CHECK(bounded.starts_with("interleave: six  bounded: "));
    CHECK(bounded.ends_with(" executions pass: every schedule with at most 1 preemption\n"));
  }
}

TEST_CASE("a failure is followed by no line of a pass") {
  const std::string said = said_on_stderr([] {
    CHECK(explore([] { parallel([] {}, [] { require(false); }); }, {.name = "bad"}).verdict == Verdict::fail);
  });
  CHECK(said.empty());
}

// ---- a complete pass is required ----

TEST_CASE("require_complete makes a pass that is not complete a failure of kind incomplete") {
  const Report whole = explore(two_increments, {.require_complete = true});
  CHECK(whole.verdict == Verdict::pass);
  const Report drawn = explore(two_increments, {.strategy = "random", .executions_max = 5, .require_complete = true});
  CHECK(drawn.verdict == Verdict::fail);
  CHECK(drawn.executions == 5);
  CHECK(drawn.failing == 0);
  REQUIRE(drawn.failure);
  CHECK(drawn.failure->kind == "incomplete");
  CHECK(contains(drawn.failure->message, "5 executions were drawn by random, which proves nothing: search by dpor"));
  const Report bounded = explore(six_increments, {.strategy = "preemptions:bound=1/dfs", .require_complete = true});
  REQUIRE(bounded.failure);
  CHECK(contains(bounded.failure->message, "it covers every schedule with at most 1 preemption"));
}

TEST_CASE("INTERLEAVE_REQUIRE_COMPLETE does the same for all of a program") {
  const Variable variable("INTERLEAVE_REQUIRE_COMPLETE", "1");
  CHECK(explore(two_increments).verdict == Verdict::pass);
  const Report drawn = explore(two_increments, {.strategy = "pos", .executions_max = 5});
  REQUIRE(drawn.failure);
  CHECK(drawn.failure->kind == "incomplete");
}

TEST_CASE("what fails anyway keeps its failure, and what was stopped by a limit stays incomplete") {
  const Report fails = explore([] { parallel([] {}, [] { require(false, "no"); }); }, {.require_complete = true});
  REQUIRE(fails.failure);
  CHECK(fails.failure->kind == "require");
  CHECK(explore(two_increments, {.executions_max = 1, .require_complete = true}).verdict == Verdict::incomplete);
}

// ---- sequential consistency ----

TEST_CASE("nothing is assumed of memory where no weaker order is declared on an object of two threads") {
  CHECK(memory_of(two_increments).empty());
  CHECK(memory_of([] {  // of one thread
          std::atomic<int> mine{0}, ours{0};
          parallel([&] { mine.store(1, relaxed), ++ours; }, [&] { ++ours; });
        }).empty());
  CHECK(memory_of([] {  // the counts of shared_ptr
          const auto p = std::make_shared<int>(1);
          std::thread a([p] { const auto q = p; }), b([p] { const auto q = p; });
          a.join(), b.join();
        }).empty());
  CHECK(memory_of([] {  // the state of a future
          std::promise<int> promise;
          std::thread a([&] { promise.set_value(1); });
          require(promise.get_future().get() == 1);
          a.join();
        }).empty());
  CHECK(memory_of([] {
          std::binary_semaphore s{0};
          parallel([&] { s.release(); }, [&] { s.acquire(); });
        }).empty());
  CHECK(memory_of([] {
          std::mutex m;
          std::condition_variable c;
          bool ready = false;
          std::once_flag once;
          parallel([&] {
                     std::call_once(once, [] {});
                     const std::scoped_lock l(m);
                     ready = true;
                     c.notify_one();
                   },
                   [&] {
                     std::call_once(once, [] {});
                     std::unique_lock l(m);
                     c.wait(l, [&] { return ready; });
                   });
        }).empty());
  CHECK(memory_of([] {
          std::latch l(2);
          std::barrier b(2);
          const auto work = [&] { l.arrive_and_wait(), b.arrive_and_wait(); };
          parallel(work, work);
        }).empty());
  CHECK(memory_of([] { std::jthread t([](std::stop_token s) { while (!s.stop_requested()) std::this_thread::yield(); }); }).empty());
  CHECK(memory_of([] { require(std::async(std::launch::async, [] { return 1; }).get() == 1); }).empty());
  CHECK(memory_of([] {
          const auto p = std::make_shared<int>(1);
          const std::weak_ptr<int> w = p;
          const auto work = [&] { const auto q = w.lock(); };
          parallel(work, work);
        }).empty());
  CHECK(memory_of([] {
          std::atomic<int> n{0};
          const auto work = [&] {
            thread_local std::atomic<int> mine{0};
            mine.fetch_add(1, relaxed), ++n;
          };
          std::thread a(work), b(work);
          a.join(), b.join();
        }).empty());
  CHECK(memory_of([] {  // a seq_cst wait: the weaker orders inside of std::atomic::wait are not the user's
          std::atomic<int> n{0};
          parallel([&] { n = 1, n.notify_all(); }, [&] { n.wait(0); });
        }).empty());
  CHECK(memory_of([] {  // a fence alone
          std::atomic<int> n{0};
          parallel([&] { ++n, std::atomic_thread_fence(std::memory_order_acquire); }, [&] { ++n; });
        }).empty());
}

TEST_CASE("the first place of a weaker order on an object of two threads is named, in the user's own code") {
  const auto ring = memory_of([] {
    Ring<int> ring;
    parallel([&] { ring.push(1); }, [&] { int value; ring.pop(value); });
  });
  CHECK(contains(ring, "sequentially consistent memory; orders weaker than seq_cst are declared, first at queue.hpp:17 in "));
  CHECK(contains(ring, "push"));

  unsigned at = 0;
  std::atomic<int> n{0};
  const auto both = [](auto f) { return [f] { parallel(f, f); }; };
  at = __LINE__ + 1;
  CHECK(contains(memory_of(both([&] { n.fetch_add(1, relaxed); })), "passes.cpp" + line(at)));
  at = __LINE__ + 1;
  CHECK(contains(memory_of(both([&] { std::atomic_fetch_add_explicit(&n, 1, relaxed); })), "passes.cpp" + line(at)));
  at = __LINE__ + 1;
  CHECK(contains(memory_of(both([&] { __atomic_fetch_add(reinterpret_cast<int*>(&n), 1, __ATOMIC_RELAXED); })), "passes.cpp" + line(at)));
  std::atomic_flag flag;
  at = __LINE__ + 1;
  CHECK(contains(memory_of(both([&] { flag.test_and_set(std::memory_order_acquire); })), "passes.cpp" + line(at)));
  int plain = 0;
  at = __LINE__ + 1;
  CHECK(contains(memory_of(both([&] { std::atomic_ref<int>(plain).store(1, std::memory_order_release); })), "passes.cpp" + line(at)));
  at = __LINE__ + 1;
  CHECK(contains(memory_of(both([&] { int zero = 0; n.compare_exchange_strong(zero, 1, std::memory_order_seq_cst, relaxed); })), "passes.cpp" + line(at)));
  at = __LINE__ + 1;
  CHECK(contains(memory_of([&] { parallel([&] { n = 1, n.notify_one(); }, [&] { n.wait(0, std::memory_order_acquire); }); }), "passes.cpp" + line(at)));
  struct Large {
    long a, b, c;
  };
  std::atomic<Large> large{Large{}};
  at = __LINE__ + 1;
  CHECK(contains(memory_of(both([&] { large.store({1, 2, 3}, std::memory_order_release); })), "passes.cpp" + line(at)));
  std::atomic<int*> pointer{nullptr};
  at = __LINE__ + 1;
  CHECK(contains(memory_of(both([&] { pointer.exchange(nullptr, std::memory_order_acq_rel); })), "passes.cpp" + line(at)));
}

TEST_CASE("the place is the same whatever is drawn, and whatever strategy runs") {
  std::string places[5];
  const auto body = [] {
    Ring<int> ring;
    parallel([&] { ring.push(1); }, [&] { int value; while (!ring.pop(value)) std::this_thread::yield(); });
  };
  places[0] = memory_of(body);
  places[1] = memory_of(body, {.strategy = "dfs"});
  places[2] = memory_of(body, {.strategy = "random", .seed = 3, .executions_max = 200});
  places[3] = memory_of(body, {.strategy = "random", .seed = 4, .executions_max = 200});
  places[4] = memory_of(body, {.races = "ignore"});
  CHECK_FALSE(places[0].empty());
  for (const auto& place : places) CHECK(place == places[0]);
}

TEST_CASE("a place that only some executions come to is found, and so is an object that only some share") {
  const unsigned first = __LINE__ + 5;
  const std::string rarely_come_to = memory_of([] {
    std::atomic<int> n{0}, rare{0};
    parallel([&] {
      ++n;
      if (n == 1 && choose(40) == 33) rare.store(1, relaxed);
    }, [&] { ++n, ++rare; });
  });
  CHECK(contains(rarely_come_to, "passes.cpp" + line(first)));
  const unsigned second = __LINE__ + 4;
  const std::string rarely_shared = memory_of([] {  // the second thread looks at what the first one writes only if it is the last
    std::atomic<int> n{0}, slots[3] = {};
    const auto work = [&](int i) {
      slots[i].fetch_add(1, relaxed);
      if (n++ == 2 && i == 1) ++slots[0];
    };
    parallel([&] { work(0); }, [&] { work(1); }, [&] { work(2); });
  });
  CHECK(contains(rarely_shared, "passes.cpp" + line(second)));
}

// ---- loops ----

TEST_CASE("that nobody goes round for ever is said where a search has assumed it") {
  const std::string said = said_on_stderr([] {
    check([] {
      std::mutex fork[2];
      const auto philosopher = [&](int i) {
        while (true) {
          fork[i].lock();
          if (fork[1 - i].try_lock()) break;
          fork[i].unlock();
        }
        fork[1 - i].unlock();
        fork[i].unlock();
      };
      parallel([&] { philosopher(0); }, [&] { philosopher(1); });
    }, {.name = "try"});
  });
  CHECK(contains(said, "interleave: try  proved: all "));
  CHECK(contains(said, "(assumes that threads do not go round for ever where another schedule leads on)\n"));
}

TEST_CASE("a loop that waits and counts is said to be bounded, with its place") {
  const std::string said = said_on_stderr([] {
    explore([] {
      std::atomic<bool> ready{false};
      int polls = 0;
      parallel([&] { ready = true; }, [&] { while (!ready) ++polls; });
    }, {.name = "polls"});
  });
  CHECK(contains(said, "interleave: polls  bounded: "));
  CHECK(contains(said, "executions pass: every schedule in which no thread goes more than "));
  CHECK(contains(said, "passes.cpp:"));
}
