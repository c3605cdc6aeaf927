// How much a failure depends on each step of its trace.
//
// The steps that a failure shows in come first: the last one of each thread that has not finished, those that the message speaks of, and the
// taking of a lock that somebody waits for. From there dependence goes backwards:
//
//     a read                    the last write of the object (reads-from)
//     a write                   the last write, and what other threads have read of it since
//     taking a lock             giving it back
//     going on after a wait     the wakeup; beginning to wait: the last wakeup, which came too early
//     joining a thread          its last step; its first step: the one that has started it
//     any step                  the step before of the same thread, if that is on an object that several threads use and one changes
//
// The number of a step is how far it is from the failure along these links. A step that no link leads to is independent: whatever its thread
// did there, the failure would be the same.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include <interleave/interleave.hpp>

namespace interleave {

inline constexpr std::uint32_t independent = std::numeric_limits<std::uint32_t>::max();

// One number for each event of the trace; 0 is nearest. Cost: the length of the trace times the logarithm of the number of its objects.
std::vector<std::uint32_t> distances_from_failure(const Failure& failure);

// The events after which another thread goes on although the first could have gone on: as far as the trace tells. Positions in the trace.
std::vector<std::size_t> preemptions_of(const Failure& failure);

}  // namespace interleave
