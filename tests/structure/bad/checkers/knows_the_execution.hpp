#include <interleave/scheduler/execution.hpp>
