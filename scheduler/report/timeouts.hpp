// Failures that hinge on a timeout.
#pragma once

#include <string>

#include <interleave/interleave.hpp>

namespace interleave {

// One sentence if the failure depends on a timeout, or on the end of a sleep, while another thread could still go on: who, in which call, where,
// and what excludes such schedules. Else empty.
std::string timeout_sentence(const Failure& failure);

}  // namespace interleave
