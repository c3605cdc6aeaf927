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

// libstdc++ loads and yields up to 16 times before it sleeps: where that makes too many interleavings, one of each class of
// equivalent ones stands for all.
Report explore_classes(const std::function<void()>& body) {
  Options options;
  options.strategy = "dpor";
  return explore_all(body, options);
}

// All interleavings where time passes when nobody can step, which makes timed operations depend on all others.
Report explore_timed(const std::function<void()>& body) {
  Options options;
  options.clock = "virtual";
  return explore_all(body, options);
}

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
  const auto sleepers = [](bool all) {
    return [all] {
      std::atomic<int> n = 0, awake = 0;
      const auto sleep = [&](const char* name) {
        n.wait(0);
        if (awake++ == 0) outcome(name);
      };
      parallel([&] { sleep("A"); }, [&] { sleep("B"); }, [&] { n = 1, all ? n.notify_all() : n.notify_one(); });
    };
  };
  const Report all = explore_classes(sleepers(true));
  check_all(all);
  CHECK(names_of(all.outcomes) == std::vector<std::string>{"A", "B"});
  // If both sleep, either of them goes on sleeping.
  const Report one = explore_classes(sleepers(false));
  INFO(text_of(one));
  CHECK(one.complete);
  CHECK(names_of(one.outcomes) == std::vector<std::string>{"A", "B"});
  CHECK(one.failing > 0);
  CHECK(one.failing < one.executions);
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
  check_all(explore_classes([] {
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
    return explore_timed([delay] {
      std::counting_semaphore<> semaphore(0);
      parallel([&] {
        std::this_thread::sleep_for(delay);
        semaphore.release();
      }, [&] { outcome(semaphore.try_acquire_for(1s) ? "got" : "timeout"); });
    });
  };
  const Report soon = released_after(500ms), late = released_after(2000ms);
  check_all(soon);
  check_all(late);
  CHECK(names_of(soon.outcomes) == std::vector<std::string>{"got"});
  CHECK(names_of(late.outcomes) == std::vector<std::string>{"timeout"});
}

TEST_CASE("std::latch opens when all have arrived") {
  check_all(explore_classes([] {
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
  check_all(explore_classes([] {
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
  check_all(explore_classes([] {
    std::promise<int> promise;
    auto future = promise.get_future();
    std::thread thread([&] { promise.set_value(3); });
    require(future.get() == 3);
    thread.join();
  }));
  check_all(explore_classes([] {
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
  check_all(explore_classes([] {
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
  check_all(explore_classes([] {
    auto future = std::async(std::launch::async, [](int n) { return n + 1; }, 6);
    require(future.get() == 7);
  }));
  check_all(explore_classes([] {
    std::packaged_task<int()> task([] { return 7; });
    auto future = task.get_future();
    std::thread thread(std::move(task));
    require(future.get() == 7);
    thread.join();
  }));
}

TEST_CASE("a future may not be ready in time") {
  const Report report = explore_classes([] {
    std::promise<void> promise;
    auto future = promise.get_future();
    std::thread thread([&] { promise.set_value(); });
    outcome(future.wait_for(1s) == std::future_status::ready ? "ready" : "timeout");
    thread.join();
  });
  check_all(report);
  CHECK(names_of(report.outcomes) == std::vector<std::string>{"ready", "timeout"});
}
