// Catch2, version 2 or 3, and Interleave: the one include of a test that is built with
// interleave_add_test(... FRAMEWORK catch2).
//
//   TEST_CASE("two increments are not lost") {
//     interleave::check([] {
//       int n = 0;
//       interleave::parallel([&] { ++n; }, [&] { ++n; });
//       REQUIRE(n == 2);
//     });
//   }
//
// Assertions may be used anywhere in a body, in any of its threads: one that fails fails that execution, with its schedule, and
// the check() around it is the one failure that Catch2 counts. INFO becomes a note of the trace. SECTION and GENERATE belong
// outside bodies. On real threads a failed REQUIRE leaves the body of its thread if that is the test's own thread or one of
// parallel(); in a thread that the body started by itself it is recorded like a CHECK and the thread goes on, because the
// exception would end the process. INFO, CAPTURE and WARN build their text in data that Catch2's threads share without a lock:
// on real threads keep them to the test's own thread.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <interleave/interleave.hpp>
