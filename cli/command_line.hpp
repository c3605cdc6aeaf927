// The command line as a value: which verb, which scenarios, and the settings.
#pragma once

#include <string>
#include <vector>

#include "settings.hpp"

namespace interleave::cli {

enum class Verb { list, checkers, search, sample, replay, stress, strategies, corpus };

// A format of the output, by its flag, and the file that it goes to; no file: stdout.
struct Wanted {
  std::string format, file;
};

struct Request {
  Verb verb = Verb::list;
  std::string verb_name;
  std::vector<std::string> scenarios;  // names, groups or globs, as given; of corpus: the action, and tests
  bool all = false;
  bool first = false;
  std::vector<Wanted> outputs;  // formats asked for (writers.hpp)
  bool finished = false;  // --help or --version: it has been printed and there is nothing left to do
  Settings settings;
};

// Throws UsageError, with one sentence that says what to do.
Request read_command_line(int argc, char** argv);

}  // namespace interleave::cli
