// What C++20 and <future> add: they sleep on futexes, partly from inside libstdc++, after a spell of spinning.
#include "explored.hpp"

#include <atomic>
#include <barrier>
#include <chrono>
#include <future>
#include <latch>
#include <semaphore>
#include <thread>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

// libstdc++ loads and yields up to 16 times before it sleeps: such a body has many interleavings, and is sampled where it has
// too many. Every sample is one that has to hold.
Report explore_some(const std::function<void()>& body, const char* clock = "any") {
  Options options;
  options.clock = clock;
  options.strategy = "random";
  options.seed = 2;
  options.executions_max = 3000;
  return explore_all(body, options);
}

void check_sampled(const Report& report) {
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.executions == 3000);
  CHECK_FALSE(report.complete);
}

// Every interleaving, however many.
void check_all(const Report& report) {
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
}

}  // namespace

TEST_CASE("a thread that waits for an atomic to change is woken by a notify") {
  check_all(explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { n = 1; n.notify_one(); }, [&] { n.wait(0); require(n.load() == 1); });
  }));
}

TEST_CASE("an atomic that changes without a notify leaves a sleeper behind") {
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { n = 1; }, [&] { n.wait(0); });
  });
  INFO(text_of(report));
  CHECK(report.failing > 0);
  CHECK(report.failing < report.executions);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "deadlock");
}

TEST_CASE("notify_one wakes any one of two sleepers, notify_all both") {
  // With the virtual clock the waker's sleep ends when nobody else can step: both are asleep by then.
  const auto sleepers = [](bool all) {
    return [all] {
      std::atomic<int> n = 0, awake = 0;
      const auto sleep = [&](const char* name) {
        n.wait(0);
        if (awake++ == 0) outcome(name);
      };
      parallel([&] { sleep("A"); }, [&] { sleep("B"); },
               [&] {
                 std::this_thread::sleep_for(1s);
                 n = 1;
                 all ? n.notify_all() : n.notify_one();
               });
    };
  };
  const Report all = explore_some(sleepers(true), "virtual");
  check_sampled(all);
  CHECK(names_of(all.outcomes) == std::vector<std::string>{"A", "B"});
  const Report one = explore_some(sleepers(false), "virtual");
  INFO(text_of(one));
  CHECK(one.failing == 3000);
  CHECK(names_of(one.outcomes) == std::vector<std::string>{"A", "B"});
  REQUIRE(one.failure);
  CHECK(one.failure->kind == "deadlock");
}

TEST_CASE("an atomic flag is waited for as well") {
  check_all(explore_all([] {
    std::atomic_flag flag = ATOMIC_FLAG_INIT;
    parallel([&] { flag.test_and_set(); flag.notify_all(); }, [&] { flag.wait(false); require(flag.test()); });
  }));
}

TEST_CASE("objects that are no futex word are waited for through a proxy") {
  check_sampled(explore_some([] {
    std::atomic<std::int64_t> n = 0;
    parallel([&] { n = 1; n.notify_all(); }, [&] { n.wait(0); });
  }));
}

TEST_CASE("std::counting_semaphore lets in whom it has released") {
  check_all(explore_all([] {
    std::counting_semaphore<> semaphore(0);
    bool released = false;
    parallel([&] { released = true; semaphore.release(); }, [&] { semaphore.acquire(); require(released); });
  }));
  const Report attempts = explore_all([] {
    std::binary_semaphore semaphore(0);
    parallel([&] { semaphore.release(); }, [&] { outcome(semaphore.try_acquire() ? "got" : "empty"); });
  });
  check_all(attempts);
  CHECK(names_of(attempts.outcomes) == std::vector<std::string>{"empty", "got"});
}

TEST_CASE("std::counting_semaphore gives up after a time") {
  const auto released_after = [](std::chrono::milliseconds delay) {
    return explore_some([delay] {
      std::counting_semaphore<> semaphore(0);
      parallel([&] {
        std::this_thread::sleep_for(delay);
        semaphore.release();
      }, [&] { outcome(semaphore.try_acquire_for(1s) ? "got" : "timeout"); });
    }, "virtual");
  };
  const Report soon = released_after(500ms), late = released_after(2000ms);
  check_sampled(soon);
  check_sampled(late);
  CHECK(names_of(soon.outcomes) == std::vector<std::string>{"got"});
  CHECK(names_of(late.outcomes) == std::vector<std::string>{"timeout"});
}

TEST_CASE("std::latch opens when all have arrived") {
  check_sampled(explore_some([] {
    std::latch latch(2);
    std::atomic<int> arrived = 0;
    const auto arrive = [&] {
      ++arrived;
      latch.arrive_and_wait();
      require(arrived == 2);
    };
    parallel(arrive, arrive);
  }));
  // One arrival too few, nobody to make it: it never opens.
  const Report report = explore_all([] {
    std::latch latch(2);
    latch.arrive_and_wait();
  });
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "deadlock");
}

TEST_CASE("std::barrier lets nobody into the next phase before all are there") {
  check_sampled(explore_some([] {
    int completed = 0;
    std::barrier barrier(2, [&]() noexcept { ++completed; });
    const auto phases = [&] {
      barrier.arrive_and_wait();
      require(completed == 1);
      barrier.arrive_and_wait();
      require(completed == 2);
    };
    parallel(phases, phases);
  }));
}

TEST_CASE("a future has the value, or the exception, of its promise") {
  check_sampled(explore_some([] {
    std::promise<int> promise;
    auto future = promise.get_future();
    std::thread thread([&] { promise.set_value(3); });
    require(future.get() == 3);
    thread.join();
  }));
  check_sampled(explore_some([] {
    std::promise<int> promise;
    auto future = promise.get_future();
    std::thread thread([&] { promise.set_exception(std::make_exception_ptr(std::runtime_error("no value"))); });
    try {
      future.get();
      require(false);
    } catch (const std::runtime_error& e) {
      require(std::string(e.what()) == "no value");
    }
    thread.join();
  }));
}

TEST_CASE("a promise that goes without a value breaks") {
  check_sampled(explore_some([] {
    std::future<int> future;
    std::thread thread([&] { std::promise<int> promise; future = promise.get_future(); });
    thread.join();
    try {
      future.get();
      require(false);
    } catch (const std::future_error& e) {
      require(e.code() == std::future_errc::broken_promise);
    }
  }));
}

TEST_CASE("std::async and std::packaged_task run their function in a thread") {
  check_sampled(explore_some([] {
    auto future = std::async(std::launch::async, [](int n) { return n + 1; }, 6);
    require(future.get() == 7);
  }));
  check_sampled(explore_some([] {
    std::packaged_task<int()> task([] { return 7; });
    auto future = task.get_future();
    std::thread thread(std::move(task));
    require(future.get() == 7);
    thread.join();
  }));
}

TEST_CASE("a future may not be ready in time") {
  const Report report = explore_some([] {
    std::promise<void> promise;
    auto future = promise.get_future();
    std::thread thread([&] { promise.set_value(); });
    outcome(future.wait_for(1s) == std::future_status::ready ? "ready" : "timeout");
    thread.join();
  });
  check_sampled(report);
  CHECK(names_of(report.outcomes) == std::vector<std::string>{"ready", "timeout"});
}
