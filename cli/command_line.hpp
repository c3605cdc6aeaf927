// The command line as a value: which verb, which scenarios, and the settings.
#pragma once

#include <string>
#include <vector>

#include "settings.hpp"

namespace interleave::cli {

enum class Verb { list, search, sample, replay, stress, strategies };

struct Request {
  Verb verb = Verb::list;
  std::string verb_name;
  std::vector<std::string> scenarios;  // names, groups or globs, as given
  bool all = false;
  bool first = false;
  bool json = false;
  bool finished = false;  // --help or --version: it has been printed and there is nothing left to do
  Settings settings;
};

// Throws UsageError, with one sentence that says what to do.
Request read_command_line(int argc, char** argv);

}  // namespace interleave::cli
