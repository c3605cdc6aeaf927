// GoogleTest and Interleave: the one include of a test that is built with interleave_add_test(... FRAMEWORK gtest).
//
//   TEST(Counter, LosesNothing) {
//     interleave::check([] {
//       std::atomic<int> n = 0;
//       interleave::parallel([&] { ++n; }, [&] { ++n; });
//       ASSERT_EQ(n, 2);
//     });
//   }
//
// Assertions, EXPECT_ and ASSERT_ alike, may be used anywhere in a body, in any of its threads: one that fails ends that execution
// as its failure, with its schedule, and the check() around it is the one failure that GoogleTest counts. SCOPED_TRACE, death
// tests and GTEST_SKIP belong outside bodies. On real threads a failed ASSERT_ leaves its function, as GoogleTest has it, and a
// failed EXPECT_ goes on.
#pragma once

#include <gtest/gtest.h>

#include <interleave/interleave.hpp>
