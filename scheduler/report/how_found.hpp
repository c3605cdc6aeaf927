// How a failure was found that neither the search itself nor a sampler has found: for the first line of its report.
#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

#include <interleave/interleave.hpp>

#include "scheduler/report/text_layout.hpp"

namespace interleave {

// Whether the failure was drawn beside a search. REQUIRES: report.failure.
inline bool was_drawn_beside(const Report& report) {
  return report.drawn_executions > 0 && report.failure->seed != 0 && report.strategy != "auto";  // auto: instead of a search
}

// `otherwise`: what is said of all others. REQUIRES: report.failure.
inline std::string how_found(const Report& report, std::string otherwise) {
  if (report.past_failure) return "a past failure, which fails again";
  if (!was_drawn_beside(report)) return otherwise;
  return fmt::format("{} drawn beside a search of {}, {}, seed {}", lines::counted(report.drawn_executions, "execution"), grouped(report.executions),
                     report.failure->strategy, report.failure->seed);
}

}  // namespace interleave
