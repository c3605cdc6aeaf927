#include <interleave/scheduler/runtime/door.hpp>
