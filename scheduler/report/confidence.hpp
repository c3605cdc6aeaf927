// How much a run that found nothing says, in words and, where their assumptions hold, in numbers.
#pragma once

#include <string>
#include <vector>

#include <interleave/interleave.hpp>

namespace interleave {

// Sentences about a run without a failure that did not cover everything. `independent`: its executions were drawn
// independently of each other.
std::vector<std::string> confidence(const Report& report, bool independent);

}  // namespace interleave
