// What BOOST_TEST_MODULE defines, for tests of FRAMEWORK boost of which no file does: the suite that registers nothing but what registers
// itself. A member of its own of the archive of boost_main.cpp.
#include <boost/test/unit_test.hpp>

boost::unit_test::test_suite* init_unit_test_suite(int, char**) { return nullptr; }
