// The table of verdicts: one row per scenario, printed as soon as it is known.
#pragma once

#include <string>
#include <vector>

#include "result.hpp"
#include "selection.hpp"

namespace interleave::cli {

class Table {
 public:
  // The widths come from what could be said of these scenarios.
  Table(const Selection& scenarios, bool color);

  std::string heading() const;
  std::string row(const Result& result) const;
  std::string row_not_run(const scenarios::Definition& scenario) const;

 private:
  std::size_t scenario_width_, kind_width_;
  bool color_;
};

// How many scenarios are as expected, and how many are not.
std::string summary(const std::vector<Result>& results, std::size_t not_run);

}  // namespace interleave::cli
