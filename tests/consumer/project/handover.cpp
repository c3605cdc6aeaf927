// FRAMEWORK catch2: assertions inside a body, in any thread.
#include <interleave/catch2.hpp>
#include <interleave/primitives/queue.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

TEST_CASE("a value is handed over under a mutex and a condition variable") {
  interleave::check([] {
    std::mutex mutex;
    std::condition_variable ready;
    int value = 0;
    std::thread producer([&] {
      const std::lock_guard lock(mutex);
      value = 42;
      ready.notify_one();
    });
    {
      std::unique_lock lock(mutex);
      ready.wait(lock, [&] { return value != 0; });
      CHECK(value == 42);
    }
    producer.join();
  }, {.executions_max = 500});
}

TEST_CASE("Queue hands over what was put, in order") {
  interleave::check([] {
    interleave::Queue<int> queue;
    interleave::parallel([&] { queue.put(1); queue.put(2); },
                         [&] {
                           REQUIRE(queue.get() == 1);
                           REQUIRE(queue.get() == 2);
                         });
  }, {.strategy = "random", .executions_max = 200});
}

// Must fail, or every other pass here means nothing.
TEST_CASE("an assertion that fails in a thread of the body fails the test", "[.broken]") {
  interleave::check([] {
    interleave::parallel([] { CHECK(1 + 1 == 3); }, [] { CHECK(true); });
  });
}
