// A file of commands, one a line: each replays the shortest failing schedule of a scenario.
#pragma once

#include <memory>
#include <string>

#include "writer.hpp"

namespace interleave::cli {

std::unique_ptr<Writer> open_tokens(const std::string& file);

}  // namespace interleave::cli
