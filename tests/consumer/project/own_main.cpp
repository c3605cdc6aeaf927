// A test as it was before Interleave came, with its own main and no adapter: check throws Failed, and Catch2 reports that.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include <interleave/interleave.hpp>

TEST_CASE("a body that holds") {
  interleave::check([] { interleave::parallel([] {}, [] {}); }, {.executions_max = 100});
}

TEST_CASE("a body that does not hold is one failure of its test", "[!shouldfail]") {
  interleave::check([] { interleave::parallel([] { interleave::require(false, "on purpose"); }, [] {}); });
}

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
