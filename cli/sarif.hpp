// SARIF 2.1.0, for code scanning services and editors: a result for each scenario that fails, or that is otherwise than declared.
#pragma once

#include <memory>
#include <string>

#include "writer.hpp"

namespace interleave::cli {

std::unique_ptr<Writer> open_sarif(const std::string& file);

}  // namespace interleave::cli
