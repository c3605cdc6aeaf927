#include "scheduler/report/confidence.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "scheduler/report/report.hpp"

namespace interleave {
namespace {

// Rule of three: had one execution in N/3 failed, N independent clean ones would have been seen in less than 5 % of all cases.
// Too rough below thirty.
std::string rule_of_three(const Report& report) {
  const std::string sampler = report.strategy.empty() ? "this sampler" : report.strategy;
  return fmt::format("95 %: fewer than 1 in {} executions fails (rule of three; assumes that they are independent and drawn as {} "
                     "draws them, which is not how an operating system does)", grouped(report.executions / 3), sampler);
}

// The depth of "pct:depth=3" and its kin; 0 of any other strategy.
unsigned pct_depth(const std::string& strategy) {
  constexpr std::string_view start = "pct:depth=";
  return strategy.starts_with(start) ? static_cast<unsigned>(std::atoi(strategy.c_str() + start.size())) : 0;
}

// ASPLOS'10: with n threads and k steps, an execution meets a bug of depth d with a probability of at least 1/(n k^(d-1)).
std::string pct_bound(const Report& report, unsigned depth) {
  const auto n = static_cast<double>(report.threads_most), k = static_cast<double>(report.steps_longest);
  std::string text = fmt::format("PCT's bound, for n = {} threads and k = {} steps as measured:", report.threads_most, report.steps_longest);
  for (unsigned d = 1; d <= std::min(depth, 3u); ++d) {
    const double hit = 1 / (n * std::pow(k, d - 1));
    const double missed = std::exp(static_cast<double>(report.executions) * std::log1p(-hit));
    text += fmt::format("{} a bug of depth {} is met by 1 execution in {:.0f}, and missed by all with a probability of at most {:.2g}",
                        d == 1 ? "" : ";", d, 1 / hit, missed);
  }
  return text;
}

}  // namespace

std::vector<std::string> confidence(const Report& report, bool independent) {
  if (!report.covered.empty()) return {report.covered + ": none of them fails"};
  if (!independent) return {};
  if (report.cut > 0) return {"no number: executions that were cut short may have failed later"};
  if (report.executions < 30) {
    return {report.executions == 1 ? "no number: 1 execution is too few for one"
                                   : fmt::format("no number: {} executions are too few for one", report.executions)};
  }
  std::vector<std::string> sentences{rule_of_three(report)};
  if (const unsigned depth = pct_depth(report.strategy); depth > 0 && report.threads_most > 1 && report.steps_longest > 1)
    sentences.push_back(pct_bound(report, depth));
  return sentences;
}

}  // namespace interleave
