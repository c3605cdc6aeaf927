// doctest's implementation and its main, for tests of FRAMEWORK doctest that have none: in an archive, of which the linker takes what is
// missing. Installed as source, and compiled with -fsanitize=thread as all code of an executable.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
