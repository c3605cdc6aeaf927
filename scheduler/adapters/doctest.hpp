// doctest and Interleave: the one include of a test that is built with interleave_add_test(... FRAMEWORK doctest).
//
//   TEST_CASE("two increments are not lost") {
//     interleave::check([] {
//       std::atomic<int> n = 0;
//       interleave::parallel([&] { ++n; }, [&] { ++n; });
//       CHECK(n == 2);
//     });
//   }
//
// Assertions, CHECK and REQUIRE alike, may be used anywhere in a body, in any of its threads: one that fails ends that execution as its
// failure, with its schedule, and the check() around it is the one failure that doctest counts. WARN and MESSAGE become notes of the
// trace, INFO and CAPTURE part of the failure; every SUBCASE inside a body is entered. doctest's main is linked in unless the test
// has its own (DOCTEST_CONFIG_IMPLEMENT, DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN). On real threads a failed REQUIRE in a thread that the body
// started by itself ends the process, as doctest has it.
#pragma once

#include <doctest/doctest.h>

#include <interleave/interleave.hpp>
