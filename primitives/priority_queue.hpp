// PriorityQueue, by its own name: it lives in queue.hpp.
#pragma once

#include <interleave/primitives/queue.hpp>
