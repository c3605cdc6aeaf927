// Runs the command as a process and keeps what it says.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace interleave::cli {

struct Said {
  int         status = -1;  // exit status; 128 + n for signal n
  std::string out, err;

  // REQUIRES: out is one JSON document and nothing else, or this throws.
  nlohmann::json json() const { return nlohmann::json::parse(out); }
  // The first word of `out` that is a schedule token; empty if there is none.
  std::string token() const;
};

// `arguments` as a shell reads them. `environment`: assignments in front, "A=1 B=2".
Said command(const std::string& arguments, const std::string& environment = "");

// The same of the command on real threads, without ThreadSanitizer's comments.
Said command_tsan(const std::string& arguments);

bool has(const std::string& text, const std::string& part);
std::string first_line(const std::string& text);
// The command line behind "replay  interleave replay " (or "or      interleave replay "), up to the end of the line.
std::string way_back(const std::string& out, const std::string& with);

}  // namespace interleave::cli
