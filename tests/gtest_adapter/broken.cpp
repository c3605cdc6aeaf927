// Must fail, and be one failure to GoogleTest: the check(), not each of its executions; and the next test goes on.
#include <interleave/gtest.hpp>

// Each modelled thread has its own thread-local variables, GoogleTest's included.
thread_local int count = 1;

TEST(Broken, a_failed_assertion_in_a_thread_fails_the_test) {
  interleave::check([] { interleave::parallel([] { EXPECT_EQ(count + 1, 3); }, [] { EXPECT_TRUE(true); }); });
  std::abort();  // check() has left the test
}

TEST(Broken, the_next_test_is_none_the_worse) {
  interleave::check([] { interleave::parallel([] { EXPECT_EQ(1 + 1, 2); }, [] {}); }, {.executions_max = 100});
}
