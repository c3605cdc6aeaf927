// How Boost.Test is told of the failure of a check(). Installed as source and compiled with -fsanitize=thread into every test of FRAMEWORK
// boost. Its assertions inside bodies need nothing of this (boost_doors.cpp).
#include <interleave/boost.hpp>
#include <interleave/scheduler/framework.hpp>

namespace {

// One failure of the running test, where check() was called; then out of the test.
void fail_test(const char* text, const char* file, unsigned line) {
  namespace tools = boost::test_tools::tt_detail;
  tools::report_assertion(boost::test_tools::assertion_result(false), boost::unit_test::lazy_ostream::instance() << text, file, line,
                          tools::REQUIRE, tools::CHECK_MSG, 0);
}

[[maybe_unused]] const bool registered = [] {
  interleave::detail::set_framework({.fail = fail_test});
  return true;
}();

}  // namespace
