// Must fail, or every other pass here means nothing.
#include <interleave/catch2.hpp>

TEST_CASE("an assertion that fails in a thread of the body fails the test") {
  interleave::check([] {
    interleave::parallel([] { CHECK(1 + 1 == 3); }, [] { CHECK(true); });
  });
}
