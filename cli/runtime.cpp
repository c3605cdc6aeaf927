#include "runtime.hpp"

#include <random>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/services.hpp>

namespace interleave::cli {

Nature nature_of(std::string_view strategy) {
  constexpr std::uint64_t enough = 16;  // a strategy that ends has run out of executions of nothing by then
  Options options;
  options.name = "interleave/probe";
  options.strategy = strategy;
  options.seed = 1;
  options.executions_max = enough;
  const Report report = detail::explore_unsaid([] { outcome(modelled() ? "model" : "real threads"); }, options);
  return {.modelled = report.outcomes.contains("model"), .ends = report.executions + report.redundant + report.cut < enough};
}

Nature require_model(std::string_view verb, std::string_view strategy) {
  const Nature nature = nature_of(strategy);
  if (!nature.modelled)
    throw UsageError(fmt::format("{} needs the model, and this program has nothing but real threads; use the command interleave, "
                                 "or the verb stress here", verb));
  return nature;
}

bool reduces(std::string_view strategy) {
  const auto core = strategy.substr(strategy.rfind('/') + 1);
  return core.substr(0, core.find(':')) != "dfs";
}

std::uint64_t fresh_seed() {
  constexpr int bits = 48;
  std::random_device device;
  const std::uint64_t high = device();
  return ((high << 32 | device()) >> (64 - bits)) | 1;
}

}  // namespace interleave::cli
