// A schedule that crashed the program is executed again, to be explained, in a process of its own: what it does to the memory
// it does there, and if that process does not survive it, this one does.
#pragma once

#include <functional>

#include <interleave/interleave.hpp>

namespace interleave::engine {

// What `explain` returns in a forked process. Where that process ends otherwise, or not within so many seconds: `known`, with a
// sentence about it.
Failure explain_in_child(const std::function<Failure()>& explain, const Failure& known, double seconds_max);

}  // namespace interleave::engine
