// The variables of the environment that mean something to Interleave: one table. What is in no row is misspelt, and is said to be;
// a value that makes no sense is a UsageError before anything runs.
#pragma once

#include <cstdint>
#include <string_view>

namespace interleave {

// Looks at the whole environment. Throws UsageError for a value that makes no sense. A name that looks like one of ours and is none is
// named on stderr, once in a process, with the nearest that is.
void check_variables();

// The value of a variable that holds a whole number, or `otherwise` if it is not set, set to nothing, or makes no sense (check_variables
// refuses it). REQUIRES: the table has it.
std::uint64_t number_of(const char* variable, std::uint64_t otherwise);

// Whether a variable is set to something, and if it is a switch, to yes. REQUIRES: the table has it, as a switch or as text.
bool is_on(const char* variable);

}  // namespace interleave
