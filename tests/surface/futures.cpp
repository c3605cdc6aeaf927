// <future>: promise, future, shared_future, packaged_task, async. They sleep on a futex after some spinning, and keep their state
// behind call_once and shared_ptr.
#include "surface.hpp"

#include <future>
#include <stdexcept>
#include <thread>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("std::promise and std::future: a value, a reference, nothing, an exception") {
  holds({.outcomes = {"1"}, .by = By::classes}, [] {
    std::promise<int> value;
    std::promise<int&> reference;
    std::promise<void> nothing;
    std::promise<int> exception;
    int one = 1;
    std::thread thread([&] {
      value.set_value(1);
      reference.set_value(one);
      nothing.set_value();
      exception.set_exception(std::make_exception_ptr(std::runtime_error("thrown")));
    });
    std::future<int> future = value.get_future();
    future.wait();
    outcome(std::to_string(future.get()));
    REQUIRE_FALSE(future.valid());
    REQUIRE(&reference.get_future().get() == &one);
    nothing.get_future().get();
    REQUIRE_THROWS_WITH(exception.get_future().get(), "thrown");
    thread.join();
  });
}

TEST_CASE("std::future errors: set twice, got twice, broken, no state") {
  holds({.executions = 1}, [] {
    std::promise<int> promise;
    std::future<int> future = promise.get_future();
    promise.set_value(1);
    REQUIRE_THROWS_AS(promise.set_value(2), std::future_error);
    REQUIRE_THROWS_AS(promise.get_future(), std::future_error);
    std::future<int> broken = std::promise<int>().get_future();
    REQUIRE_THROWS_AS(broken.get(), std::future_error);
    REQUIRE_THROWS_AS(std::promise<int>(std::move(promise)).get_future(), std::future_error);
    REQUIRE(future.get() == 1);
  });
}

TEST_CASE("std::future: wait_for and wait_until are ready or not yet") {
  const auto in_time = [](auto wait) {
    return [wait] {
      std::promise<void> promise;
      std::future<void> future = promise.get_future();
      std::thread thread([&] { promise.set_value(); });
      outcome(wait(future) == std::future_status::ready ? "ready" : "timeout");
      thread.join();
    };
  };
  const Expected either{.outcomes = {"ready", "timeout"}, .by = By::classes};
  holds(either, in_time([](auto& f) { return f.wait_for(1s); }));
  holds(either, in_time([](auto& f) { return f.wait_for(0s); }));
  holds(either, in_time([](auto& f) { return f.wait_until(std::chrono::steady_clock::now() + 1s); }));
  holds(either, in_time([](auto& f) { return f.wait_until(std::chrono::system_clock::now() + 1s); }));
}

TEST_CASE("std::shared_future: many threads get the one value") {
  holds({.outcomes = {"14"}, .by = By::classes}, [] {
    std::promise<int> promise;
    std::shared_future<int> shared = promise.get_future().share();
    std::atomic<int> sum = 0;
    const auto get = [&, shared] { sum += shared.get(); };
    std::thread a(get), b(get);
    promise.set_value(7);
    a.join();
    b.join();
    outcome(std::to_string(sum));
  });
}

TEST_CASE("std::packaged_task: called, called again after reset, by another thread, and breaking its promise") {
  holds({.outcomes = {"3"}, .by = By::classes}, [] {
    std::packaged_task<int(int, int)> task([](int a, int b) { return a + b; });
    std::future<int> future = task.get_future();
    std::thread(std::ref(task), 1, 2).detach();
    outcome(std::to_string(future.get()));
  });
  holds({.executions = 1}, [] {
    std::packaged_task<int()> task([] { return 1; });
    task();
    REQUIRE_THROWS_AS(task(), std::future_error);
    task.reset();
    task();
    REQUIRE(task.get_future().get() == 1);
    std::future<void> future = std::packaged_task<void()>([] {}).get_future();
    REQUIRE_THROWS_AS(future.get(), std::future_error);
    std::packaged_task<void()> throws([] { throw std::runtime_error("thrown"); });
    throws();
    REQUIRE_THROWS_WITH(throws.get_future().get(), "thrown");
  });
}

TEST_CASE("std::async: in a thread, or deferred to the one that asks") {
  holds({.outcomes = {"7"}, .by = By::classes}, [] {
    std::future<int> asynchronous = std::async(std::launch::async, [] { return 3; });
    std::future<int> either = std::async([](int n) { return n; }, 4);
    outcome(std::to_string(asynchronous.get() + either.get()));
  });
  holds({.executions = 1}, [] {
    const auto me = std::this_thread::get_id();
    std::future<bool> deferred = std::async(std::launch::deferred, [&] { return std::this_thread::get_id() == me; });
    REQUIRE(deferred.wait_for(0s) == std::future_status::deferred);
    REQUIRE(deferred.get());
  });
  // Its destructor waits for the thread.
  holds({.outcomes = {"1"}, .by = By::classes}, [] {
    std::atomic<int> n = 0;
    { const auto future = std::async(std::launch::async, [&] { ++n; }); }
    outcome(std::to_string(n));
  });
  holds({.by = By::classes}, [] {
    std::future<int> future = std::async(std::launch::async, []() -> int { throw std::runtime_error("thrown"); });
    REQUIRE_THROWS_WITH(future.get(), "thrown");
  });
}

TEST_CASE("set_value_at_thread_exit, set_exception_at_thread_exit, make_ready_at_thread_exit: ready when the thread has ended", "[shared_with_asan]") {
  // libstdc++'s part of it is not instrumented, so to ThreadSanitizer nothing orders it.
  holds({.outcomes = {"1"}, .real = Real::no, .by = By::classes}, [] {
    std::promise<int> value, exception;
    std::future<int> a = value.get_future(), b = exception.get_future();
    std::packaged_task<int()> task([] { return 3; });
    std::future<int> c = task.get_future();
    std::atomic<bool> left = false;
    std::thread thread([&] {
      value.set_value_at_thread_exit(1);
      exception.set_exception_at_thread_exit(std::make_exception_ptr(std::runtime_error("thrown")));
      task.make_ready_at_thread_exit();
      require(a.wait_for(0s) == std::future_status::timeout);
      left = true;
    });
    const int got = a.get();
    require(left);
    outcome(std::to_string(got));
    REQUIRE_THROWS_WITH(b.get(), "thrown");
    REQUIRE(c.get() == 3);
    thread.join();
  });
}
