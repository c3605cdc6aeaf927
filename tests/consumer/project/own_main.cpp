// A test as it was before Interleave came, with its own main, GoogleTest as it is packaged, and no adapter: check throws Failed, and
// GoogleTest reports that.
#include <gtest/gtest.h>

#include <interleave/interleave.hpp>

TEST(OwnMain, a_body_that_holds) {
  interleave::check([] { interleave::parallel([] {}, [] {}); }, {.executions_max = 100});
}

TEST(OwnMain, a_body_that_does_not_hold_is_one_failure_of_its_test) {
  interleave::check([] { interleave::parallel([] { interleave::require(false, "on purpose"); }, [] {}); });
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
