// The documents of --json, schema 1. Keys keep their order and their meaning; new ones may be added.
//
// Seeds are 64-bit numbers: a reader that keeps numbers as doubles (jq, JavaScript) rounds large ones. The schedule is a string.
#pragma once

#include <string>
#include <vector>

#include "result.hpp"
#include "selection.hpp"

namespace interleave::cli {

std::string json_of_list(const Selection& scenarios);

// `not_run`: those that --all leaves out because the strategy cannot do them.
std::string json_of_results(const std::vector<Result>& results, const Selection& not_run);

}  // namespace interleave::cli
