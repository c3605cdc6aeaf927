// Must fail, and be one failure to doctest: the check(), not each of its executions; and the next test goes on. Knows nothing of
// the adapter, and has doctest's main itself.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdlib>

#include <interleave/interleave.hpp>

TEST_CASE("a failed assertion in a thread fails the test") {
  interleave::check([] { interleave::parallel([] { CHECK(1 + 1 == 3); }, [] { CHECK(true); }); });
  std::abort();  // check() has left the test
}

TEST_CASE("a test behind a failed one runs as before") {
  interleave::check([] { interleave::parallel([] { CHECK(1 + 1 == 2); }, [] {}); }, {.executions_max = 100});
}
