#include <interleave/scheduler/strategies/dfs.hpp>
