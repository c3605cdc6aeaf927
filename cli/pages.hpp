// Pages for browsers (scheduler/report/page.hpp), with a trace-event file and a Graphviz file beside each: of every scenario that fails, or of
// the only scenario that was run. What cannot be written is told of on stderr, and changes no exit status.
#pragma once

#include <memory>
#include <string>

#include "writer.hpp"

namespace interleave::cli {

// Throws UsageError if nothing can be written in the folder, which is made.
std::unique_ptr<Writer> open_pages(const std::string& folder);

}  // namespace interleave::cli
