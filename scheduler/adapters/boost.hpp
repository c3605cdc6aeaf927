// Boost.Test and Interleave: the one include of a test that is built with interleave_add_test(... FRAMEWORK boost).
//
//   BOOST_AUTO_TEST_CASE(two_increments_are_not_lost) {
//     interleave::check([] {
//       std::atomic<int> n = 0;
//       interleave::parallel([&] { ++n; }, [&] { ++n; });
//       BOOST_TEST(n == 2);
//     });
//   }
//
// Assertions of each level may be used anywhere in a body, in any of its threads: one that fails ends that execution as its failure,
// with its schedule, and the check() around it is the one failure that Boost.Test counts. BOOST_WARN, BOOST_TEST_CONTEXT and
// BOOST_TEST_INFO become notes of the trace. Boost.Test and its main are linked in, instrumented, unless the test has its own
// (boost/test/included/unit_test.hpp, BOOST_TEST_DYN_LINK with a library among LIBRARIES). On real threads a failed BOOST_REQUIRE leaves
// the body of its thread if that is the test's own thread or one of parallel(); elsewhere it is recorded and the thread goes on.
#pragma once

#include <boost/test/unit_test.hpp>

#include <interleave/interleave.hpp>
