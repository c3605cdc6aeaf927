// Must fail, and be one failure to Boost.Test: the check(), not each of its executions; and the next test goes on. Knows nothing of
// the adapter.
#define BOOST_TEST_MODULE broken
#include <boost/test/unit_test.hpp>

#include <cstdlib>

#include <interleave/interleave.hpp>

BOOST_AUTO_TEST_CASE(a_failed_assertion_in_a_thread_fails_the_test) {
  interleave::check([] { interleave::parallel([] { BOOST_TEST(1 + 1 == 3); }, [] { BOOST_TEST(true); }); });
  std::abort();  // check() has left the test
}

BOOST_AUTO_TEST_CASE(a_test_behind_a_failed_one_runs_as_before) {
  interleave::check([] { interleave::parallel([] { BOOST_TEST(1 + 1 == 2); }, [] {}); }, {.executions_max = 100});
}
