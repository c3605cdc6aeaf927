// Where the command writes: results to stdout, progress to stderr, and nothing but the document to stdout under --json.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "scheduler/report/report.hpp"

#include "settings.hpp"

namespace interleave::cli {

// `wish`: auto, always or never.
bool wants_color(std::string_view wish);

// How a report of that scenario is shown here: the terminal's width and colours, and the ways back, which repeat the settings
// that change what an execution is.
RenderOptions ways_back(std::string_view scenario, const Settings& settings);

// Of stdout, if it is a terminal; else wide enough for every table.
std::size_t line_width();

// To stdout, at once: what is printed so far survives whatever a scenario does.
void print(std::string_view text);

// A line on stderr about the command itself.
void remark(std::string_view text);

// As long as it lives, everything that is printed to stdout goes to stderr, by the programs under test as well. `write` reaches
// the real stdout.
class ReservedStdout {
 public:
  ReservedStdout();
  ~ReservedStdout();
  ReservedStdout(const ReservedStdout&) = delete;
  ReservedStdout& operator=(const ReservedStdout&) = delete;
  void write(std::string_view text) const;

 private:
  int real_;
};

// "[3 of 57] queue/fifo", on one line of a terminal; nothing elsewhere.
class Progress {
 public:
  explicit Progress(std::size_t total);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void begin(std::string_view scenario);
  void clear();

 private:
  std::size_t total_, begun_ = 0;
  bool shown_;
};

}  // namespace interleave::cli
