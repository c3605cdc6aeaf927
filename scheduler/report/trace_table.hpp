// The steps of a failure as a table: one column per thread, or, where these would be too narrow, one column with the thread's name and one
// with what it does; and the place.
//
// If all steps fit into the lines that there are, all are shown. Else
//
//     steps inside of one call of a library    become one row, the call
//     the same steps of one thread again       become one row, with how often
//     steps far from the failure               become one row, which says who has made how many (relevance.hpp)
//
// The steps next to the failure always have a row of their own.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>
#include "scheduler/report/report.hpp"

namespace interleave {

struct TraceTable {
  std::vector<std::string> lines;
  bool whole = true;  // every step has a row of its own
};

// `lines_max`: at least 2; without effect on a table of all steps or of all calls (RenderOptions::trace), and on steps next to the failure if
// there are at most that many.
TraceTable trace_table(const Failure& failure, const RenderOptions& options, std::size_t lines_max);

}  // namespace interleave
