// What a search says while it goes on: on a terminal one line that is written over, elsewhere a line at each doubling of the time. Text out, no
// clock and no terminal in here: whoever asks says how late it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace interleave {

struct ProgressFacts {
  std::uint64_t executions = 0, failing = 0, steps_longest = 0;
  std::size_t   threads_most = 0;
  std::string   of_how_many = {};  // "about 12 % of 160,000"; empty where that is not known
};

class ProgressLine {
 public:
  enum class Where { nowhere, terminal, elsewhere };
  static constexpr double first = 2, again = 0.5;  // seconds: until the first line, and between two on a terminal

  // `columns`: of the terminal. The line is cut there.
  ProgressLine(std::string name, Where where, std::size_t columns = 80);

  // Whether a line is due `seconds` after the search began.
  bool due(double seconds) const { return seconds >= next_; }
  // The line, with what brings it there. REQUIRES: due(seconds).
  std::string line(double seconds, const ProgressFacts& facts);
  // What takes the line from the terminal; empty if there is none.
  std::string end();

 private:
  std::string name_;
  Where       where_;
  std::size_t columns_;
  double      next_;
  bool        shown_ = false;
};

// Where the progress of this process is shown: stderr, or nowhere with INTERLEAVE_QUIET=1.
ProgressLine progress_line(std::string name);

}  // namespace interleave
