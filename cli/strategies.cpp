// strategies: what --strategy takes.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <interleave/scheduler/services.hpp>

#include "document.hpp"
#include "runtime.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace interleave::cli {
namespace {

using detail::RegisteredStrategy;

std::string_view kind_of(const RegisteredStrategy& strategy) {
  return strategy.wraps ? "wraps" : strategy.ends ? "searches" : "samples";
}

std::string written(const RegisteredStrategy& strategy) {
  std::string text = strategy.name;
  const char* separator = ":";
  for (const auto& argument : strategy.arguments) text += std::exchange(separator, ",") + argument.key + "=N";
  return strategy.wraps ? text + "/STRATEGY" : text;
}

std::string document(const std::vector<RegisteredStrategy>& strategies) {
  nlohmann::ordered_json all = {{"schema", 1}, {"version", INTERLEAVE_VERSION}, {"strategies", nlohmann::ordered_json::array()}};
  for (const auto& strategy : strategies) {
    auto arguments = nlohmann::ordered_json::array();
    for (const auto& argument : strategy.arguments) {
      arguments.push_back({{"name", argument.key}, {"help", argument.help}, {"least", argument.least}, {"most", argument.most}});
    }
    all["strategies"].push_back({{"name", strategy.name}, {"kind", kind_of(strategy)}, {"help", strategy.summary}, {"arguments", std::move(arguments)}});
  }
  return all.dump(2) + "\n";
}

}  // namespace

ExitStatus strategies(const Request& request) {
  require_model("strategies", "dfs");
  const auto all = detail::registered_strategies();
  bool stdout_is_taken = false;
  for (const Wanted& wanted : request.outputs) {
    Document(wanted.file).finish(document(all));
    if (wanted.file.empty()) stdout_is_taken = true;
  }
  if (stdout_is_taken) return ExitStatus::expected;
  std::size_t width = 8;
  for (const auto& strategy : all) width = std::max(width, written(strategy).size());
  print(fmt::format("{:<{}}  {:<8}  {}\n", "strategy", width, "kind", "what it does"));
  for (const auto& strategy : all) {
    print(fmt::format("{:<{}}  {:<8}  {}\n", written(strategy), width, kind_of(strategy), strategy.summary));
    for (const auto& argument : strategy.arguments) {
      const bool is_bounded = argument.most != ~std::uint64_t{0};
      print(fmt::format("{:<{}}  {:<8}    {}: {}{}\n", "", width, "", argument.key, argument.help,
                        is_bounded ? fmt::format("; from {} to {}", argument.least, argument.most) : ""));
    }
  }
  print("\nArguments may be left out. A strategy that wraps holds another one: preemptions:bound=2/dfs, repeat/dpor.\n");
  return ExitStatus::expected;
}

}  // namespace interleave::cli
