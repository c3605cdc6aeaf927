// The outcomes of an exploration as a table: how many executions had each, and the token of one that had it.
#pragma once

#include <string>

#include <interleave/interleave.hpp>

namespace interleave {

// A heading and a row an outcome, by outcome, at most 1,000 of them; each line begins with `margin`. Empty: no execution called outcome().
std::string outcome_table(const Report& report, const std::string& margin);

}  // namespace interleave
