#include "writer.hpp"

#include <fmt/format.h>

#include "terminal.hpp"

namespace interleave::cli {

RenderOptions rendered(const Plan& plan, const scenarios::Definition& scenario) {
  RenderOptions options = ways_back(scenario.name, plan.settings);
  if (!plan.replayable) options.replay_prefix = options.seed_prefix = "";
  options.independent = plan.independent;
  return options;
}

std::string report_for_a_file(const Plan& plan, const Result& result) {
  RenderOptions options = rendered(plan, *result.scenario);
  options.color = false;
  options.width = RenderOptions{}.width;
  return report_text(result.report, options);
}

std::string replay_command(const Plan& plan, const Result& result) {
  if (!plan.replayable || !result.report.failure || result.report.failure->schedule.empty()) return "";
  return rendered(plan, *result.scenario).replay_prefix + result.report.failure->schedule;
}

}  // namespace interleave::cli
