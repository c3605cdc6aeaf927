// FRAMEWORK gtest: assertions inside a body, in any thread, and beside it.
#include <interleave/gtest.hpp>

#include <mutex>
#include <thread>

TEST(Handover, what_was_put_under_the_lock_is_found_there) {
  interleave::check([] {
    std::mutex mutex;
    int value = 0;
    std::thread producer([&] { const std::lock_guard lock(mutex); value = 42; });
    {
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(value == 0 || value == 42);
    }
    producer.join();
    ASSERT_EQ(value, 42);
  }, {.executions_max = 200});
}

// Must fail, once, with either runtime.
TEST(Broken, an_assertion_that_fails_in_a_thread_of_the_body_fails_the_test) {
  interleave::check([] { interleave::parallel([] { EXPECT_EQ(1 + 1, 3); }, [] { EXPECT_TRUE(true); }); });
}
