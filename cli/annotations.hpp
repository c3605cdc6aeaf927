// Annotations as GitHub's workflows read them from what a step prints: "::error file=a.cpp,line=3,title=...::message", one for each scenario
// that makes the exit status 1, 4 or 70.
#pragma once

#include <memory>
#include <string>

#include "writer.hpp"

namespace interleave::cli {

// To stdout, beside the text; an empty name, or that of a file.
std::unique_ptr<Writer> open_annotations(const std::string& file);

}  // namespace interleave::cli
