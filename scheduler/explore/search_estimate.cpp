// What an exploration says of the size of a search that has not ended, and of what makes it large.
#include "scheduler/explore/explorer.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scheduler/containment/forked_explanation.hpp"
#include "scheduler/report/report.hpp"

namespace interleave::engine {
namespace {

// To two digits: more are not known.
std::string rounded(double number) {
  constexpr double largest = 1e15;
  if (number >= largest) return "more than 10^15";
  if (number < 100) return fmt::format("{:.0f}", number);
  const double unit = std::pow(10, std::floor(std::log10(number)) - 1);
  return grouped(static_cast<std::uint64_t>(std::round(number / unit) * unit));
}

}  // namespace

void Explorer::note_what_it_opened(const Execution& execution) {
  const auto opened = strategy_->opened();
  size_.executed(opened);
  if (opened.size() <= opened_.size()) [[likely]] return;
  opened_.assign(opened.begin(), opened.end());
  widest_ = {.kind = "", .message = "", .choices = execution.outcome().choices.copy(), .steps = execution.steps(), .execution = begun_, .seed = {},
             .strategy = "", .stopped = execution.has_stopped()};
}

std::string Explorer::how_large() const {
  const auto estimate = traits_.ends ? size_.estimate() : std::nullopt;
  return estimate ? fmt::format("of about {}, {} to {}", rounded(estimate->executions), rounded(estimate->least), rounded(estimate->most)) : "";
}

std::string Explorer::what_makes_it_large() {
  const auto estimate = size_.estimate();
  if (!estimate) return {};
  std::string text = fmt::format("about {} executions ({} to {}), of which {} were made", rounded(estimate->executions), rounded(estimate->least),
                                 rounded(estimate->most), grouped(begun_));
  std::map<std::string, std::size_t> orders;  // by object
  std::size_t all = 0;
  // In a child process: what an execution does that is watched must not be taken for what the search has met.
  constexpr double patience = 10;  // seconds
  const auto watched = [&] {
    Failure carrier;
    carrier.trace = trace_of(widest_);
    return carrier;
  };
  const std::vector<TraceEvent> trace = explain_in_child(watched, Failure{}, patience).trace;
  for (const std::uint32_t at : opened_) {
    const auto row = std::find_if(trace.begin(), trace.end(), [&](const TraceEvent& each) { return each.step == at + std::size_t{1}; });
    if (row == trace.end() || row->object.empty()) continue;
    ++orders[row->object];
    ++all;
  }
  std::vector<std::pair<std::string, std::size_t>> most(orders.begin(), orders.end());
  std::stable_sort(most.begin(), most.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr std::size_t shown = 3;
  most.resize(std::min(most.size(), shown));
  std::vector<std::string> names;
  for (const auto& [object, count] : most) names.push_back(fmt::format("{} ({} %)", object, 100 * count / all));
  if (!names.empty()) text += fmt::format("; what makes it large: the orders of operations on {}", fmt::join(names, ", "));
  return text + "; fewer threads or rounds make it smaller, or a bound: strategy preemptions:bound=2/dfs";
}

}  // namespace interleave::engine
