// BoundedSemaphore, by its own name: it lives in semaphore.hpp.
#pragma once

#include <interleave/primitives/semaphore.hpp>
