// Small programs that use objects of every kind; each ends by failing, so that it is reported. They are compiled at several levels.
#pragma once

#include <string>
#include <vector>

struct Program {
  const char* what;
  void (*body)();
  std::vector<std::string> objects;  // names that the trace has: as they are, or with a namespace before them
};

namespace at_O0 {
std::vector<Program> programs();
std::vector<Program> races();  // `objects`: what their messages begin with, after "the variable " and a namespace
}
namespace at_O2 {
std::vector<Program> programs();
std::vector<Program> races();
}
