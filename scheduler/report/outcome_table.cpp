#include "scheduler/report/outcome_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scheduler/report/report.hpp"
#include "scheduler/report/text_layout.hpp"

namespace interleave {

std::string outcome_table(const Report& report, const std::string& margin) {
  using namespace lines;
  constexpr std::size_t shown_max = 1000, value_most = 60;
  constexpr std::string_view executions = "executions", outcome = "outcome";
  if (report.outcomes.empty()) return {};
  std::size_t width = outcome.size(), count_width = executions.size();
  std::uint64_t all = 0;
  for (const auto& [value, count] : report.outcomes) {
    width = std::max(width, std::min(columns(clean(value)) + 2, value_most));
    count_width = std::max(count_width, grouped(count).size());
    all += count;
  }
  std::string text = fmt::format("{}{} of {}\n", margin, counted(report.outcomes.size(), "outcome"), counted(all, "execution"));
  text += fmt::format("{}{:>{}}  {:<{}}  a schedule that has it\n", margin, executions, count_width, outcome, width);
  std::size_t shown = 0;
  for (const auto& [value, count] : report.outcomes) {
    if (shown++ == shown_max) {
      text += fmt::format("{}... and {} more\n", margin, grouped(report.outcomes.size() - shown_max));
      break;
    }
    const auto witness = report.witnesses.find(value);
    const std::string quoted = "\"" + clean(value) + "\"";
    text += trimmed(fmt::format("{}{:>{}}  {}  {}", margin, grouped(count), count_width, pad(quoted, width),
                                witness == report.witnesses.end() ? "" : witness->second)) + "\n";
  }
  return text;
}

}  // namespace interleave
