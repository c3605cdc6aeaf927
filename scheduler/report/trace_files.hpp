// A failure's trace for the tools of others: Chrome's trace-event format (chrome://tracing, Perfetto), and Graphviz.
#pragma once

#include <string>
#include <string_view>

#include <interleave/interleave.hpp>

namespace interleave {

// A JSON document: a row a thread, a slice a step, all of the same length, and arrows where a step makes another one possible.
// Of a long trace the first and the last steps, 20,000 in all; "otherData" says what is left out.
// REQUIRES: report.failure.
std::string trace_event_file(std::string_view name, const Report& report);

// A graph: a cluster a thread, a node a step, edges for program order and where a step makes another one possible. Of a long trace 400 steps.
// REQUIRES: report.failure.
std::string graphviz_file(std::string_view name, const Report& report);

}  // namespace interleave
