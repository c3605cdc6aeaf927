// The place in the program's source that a failure is shown at, as services that know the repository want it.
#pragma once

#include <string>

#include <interleave/interleave.hpp>

namespace interleave::cli {

struct SourcePlace {
  std::string file;      // empty: the place is not known
  unsigned    line = 0;
  bool        relative = false;  // to the folder of the repository: GITHUB_WORKSPACE, else the current one
};

SourcePlace source_place(const CodePlace& place);
// Of the thread that failed, else of the last step that has one.
SourcePlace source_place(const Failure& failure);

}  // namespace interleave::cli
