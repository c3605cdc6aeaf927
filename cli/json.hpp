// The documents of --json, schema 1. Keys keep their order and their meaning; new ones may be added.
//
// Seeds are 64-bit numbers: a reader that keeps numbers as doubles (jq, JavaScript) rounds large ones. The schedule is a string.
#pragma once

#include <memory>
#include <string>

#include "writer.hpp"

namespace interleave::cli {

std::unique_ptr<Writer> open_json(const std::string& file);

}  // namespace interleave::cli
