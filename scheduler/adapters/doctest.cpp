// How doctest is told of the failure of a check(). Installed as source and compiled with -fsanitize=thread into every test of FRAMEWORK
// doctest. Its assertions inside bodies need nothing of this (doctest_doors.cpp).
#include <interleave/doctest.hpp>
#include <interleave/scheduler/framework.hpp>

namespace {

// One failure of the running test, where check() was called; then out of the test.
void fail_test(const char* text, const char* file, unsigned line) { DOCTEST_ADD_FAIL_AT(file, static_cast<int>(line), doctest::String(text)); }

[[maybe_unused]] const bool registered = [] {
  interleave::detail::set_framework({.fail = fail_test});
  return true;
}();

}  // namespace
