// A search that goes on after a failure: those who wait for a thread that has failed are seen to wait, and the search comes to its end.
#include "explored.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

using namespace interleave;

namespace {

int cas(std::atomic<int>& x, int expected, int desired) {
  x.compare_exchange_strong(expected, desired, std::memory_order_acquire, std::memory_order_relaxed);
  return expected;
}

Report on_and_on(const std::function<void()>& body, const char* strategy = "dpor") {
  Options options{.name = "after_failure", .strategy = strategy, .executions_max = 20'000, .steps_max = 2'000};
  options.stop_at_first_failure = false;
  return explore(body, options);
}

struct Body {
  const char* name;
  std::function<void()> run;
};

const std::vector<Body>& bodies() {
  static const std::vector<Body> all = {
      {"a spinlock whose holder fails", [] {
         int got_a = -1, got_b = -1;
         std::atomic<int> lock{0};
         parallel([&] { while ((got_a = cas(lock, 0, 1)) != 0) {} require(false); lock = 0; },
                  [&] { while ((got_b = cas(lock, 0, 1)) != 0) {} lock = 0; });
       }},
      {"a flag that is never set", [] {
         std::atomic<bool> flag{false};
         parallel([&] { require(false); flag = true; }, [&] { while (!flag) {} });
       }},
      {"a flag, with yields", [] {
         std::atomic<bool> flag{false};
         parallel([&] { require(false); flag = true; }, [&] { while (!flag) std::this_thread::yield(); });
       }},
      {"a flag, with sleeps", [] {
         std::atomic<bool> flag{false};
         parallel([&] { require(false); flag = true; }, [&] { while (!flag) std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
       }},
      {"a mutex whose holder throws, tried again and again", [] {
         std::mutex m;
         parallel([&] { m.lock(); throw std::runtime_error("gone"); }, [&] { while (!m.try_lock()) {} m.unlock(); });
       }},
      {"a mutex whose holder fails, by try_lock_for", [] {
         std::timed_mutex m;
         parallel([&] { m.lock(); require(false); m.unlock(); },
                  [&] { while (!m.try_lock_for(std::chrono::milliseconds(1))) {} m.unlock(); });
       }},
      {"a condition, with timeouts", [] {
         std::mutex m;
         std::condition_variable c;
         bool ready = false;
         parallel([&] { require(false); const std::lock_guard guard(m); ready = true; c.notify_one(); },
                  [&] { std::unique_lock guard(m); while (!ready) c.wait_for(guard, std::chrono::milliseconds(1)); });
       }},
      {"two of three fail", [] {
         std::atomic<int> left{3};
         const auto fails = [&] { require(left < 3); --left; };
         parallel(fails, fails, [&] { --left; while (left > 0) {} });
       }},
      {"a race, and then a spinlock", [] {
         int n = 0, got_a = -1, got_b = -1;
         std::atomic<int> lock{0};
         parallel([&] { while ((got_a = cas(lock, 0, 1)) != 0) {} ++n; lock.store(0, std::memory_order_relaxed); },
                  [&] { while ((got_b = cas(lock, 0, 1)) != 0) {} ++n; lock.store(0, std::memory_order_relaxed); });
       }},
      {"a ticket lock whose holder fails", [] {
         std::atomic<int> next{0}, serving{0};
         const auto visit = [&](bool good) { const int mine = next++; while (serving != mine) {} require(good); serving = mine + 1; };
         parallel([&] { visit(false); }, [&] { visit(true); });
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("a search that goes on after a failure comes to its end, or says why not") {
  for (const Body& body : bodies()) {
    for (const char* strategy : {"dpor", "dfs"}) {
      const Report report = on_and_on(body.run, strategy);
      INFO(body.name << ", " << strategy << "\n" << text_of(report) << "\n" << report.incomplete_reason);
      CHECK(report.verdict == Verdict::fail);
      CHECK(report.complete);
      CHECK(report.incomplete_reason.empty());
      CHECK(report.executions < 300);
    }
  }
}

TEST_CASE("a search that goes on after races behind a spinlock given back by a relaxed store is complete") {
  const Report report = on_and_on([] {
    int x = 0, a = -1, b = -1, c = -1;
    std::atomic<int> lock{0};
    const auto visit = [&](int& got, int value) {
      while ((got = cas(lock, 0, 1)) != 0) {}
      x = value;
      lock.store(0, std::memory_order_relaxed);
    };
    parallel([&] { visit(a, 1); }, [&] { visit(b, 2); }, [&] { visit(c, 3); });
  });
  INFO(text_of(report) << "\n" << report.incomplete_reason);
  CHECK(report.complete);
  CHECK(report.executions + report.redundant < 1000);
}

TEST_CASE("a search that went on after a failure and was cut short says why") {
  Options options{.name = "after_failure", .strategy = "dpor", .executions_max = 2};
  options.stop_at_first_failure = false;
  const Report report = explore([] {
    std::atomic<int> n{0};
    parallel([&] { ++n; }, [&] { ++n; }, [&] { require(n == 0); });
  }, options);
  CHECK(report.verdict == Verdict::fail);
  CHECK_FALSE(report.complete);
  CHECK(report.incomplete_reason == "the limit of 2 executions was met");
}

TEST_CASE("repeat/ sees what the strategy sees that it holds: repeat/dpor of a spinning program ends") {
  const auto body = [] {
    std::mutex a, b;
    parallel([&] { const std::scoped_lock both(a, b); }, [&] { const std::scoped_lock both(b, a); });
  };
  const Report plain = explore(body, {.name = "after_failure", .strategy = "dpor"});
  const Report twice = explore(body, {.name = "after_failure", .strategy = "repeat/dpor"});
  INFO(text_of(plain) << text_of(twice));
  CHECK(plain.complete);
  CHECK(twice.complete);
  CHECK(twice.executions == plain.executions);
}
