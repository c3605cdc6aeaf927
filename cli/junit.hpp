// A JUnit XML file: what continuous integration shows. One suite, one case a scenario. A failure is what makes the exit status: a verdict
// that is not the declared one. A scenario that is declared to fail, and does, is a case that passes.
#pragma once

#include <memory>
#include <string>

#include "writer.hpp"

namespace interleave::cli {

std::unique_ptr<Writer> open_junit(const std::string& file);

}  // namespace interleave::cli
