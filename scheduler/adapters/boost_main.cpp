// Boost.Test and its main, for tests of FRAMEWORK boost that have none: in an archive, of which the linker takes what is missing.
// Installed as source, and compiled with -fsanitize=thread as all code of an executable.
#include <boost/test/included/unit_test.hpp>
