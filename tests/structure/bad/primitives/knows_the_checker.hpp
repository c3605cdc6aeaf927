#include <interleave/interleave.hpp>
