// Must fail, once, with either runtime.
#include <interleave/gtest.hpp>

TEST(Broken, an_assertion_that_fails_in_a_thread_of_the_body_fails_the_test) {
  interleave::check([] { interleave::parallel([] { EXPECT_EQ(1 + 1, 3); }, [] { EXPECT_TRUE(true); }); });
}
