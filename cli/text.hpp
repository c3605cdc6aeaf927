// What a person reads: of one scenario everything, of several a table with what needs attention below it.
#pragma once

#include <memory>
#include <string>

#include "writer.hpp"

namespace interleave::cli {

std::unique_ptr<Writer> open_text(const std::string& file);

}  // namespace interleave::cli
