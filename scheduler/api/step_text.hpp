// How a step is told in one line: what was done, and to what.
#pragma once

#include <string>

#include <interleave/interleave.hpp>

namespace interleave {

// "fetch_add(1) 2 -> 3 hits", "mutex lock m", "close(3)".
inline std::string step_text(const TraceEvent& event) {
  const std::string& what = event.shown.empty() ? event.operation : event.shown;
  const bool said = event.object.empty() || (what.ends_with(')') && event.object.starts_with("descriptor "));
  return said ? what : what + " " + event.object;
}

}  // namespace interleave
