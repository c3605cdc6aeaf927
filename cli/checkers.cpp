// checkers: what the engine that this program is linked with can check, and what of it is on.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <interleave/scheduler/services.hpp>

#include "document.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace interleave::cli {

ExitStatus checkers(const Request& request) {
  const auto all = detail::registered_checkers();
  bool stdout_is_taken = false;
  for (const Wanted& wanted : request.outputs) {
    nlohmann::ordered_json document = {{"schema", 1}, {"version", INTERLEAVE_VERSION}, {"checkers", nlohmann::ordered_json::array()}};
    for (const auto& each : all)
      document["checkers"].push_back(
          {{"name", each.name}, {"help", each.help}, {"watches", each.watches}, {"by_default", each.by_default}});
    Document(wanted.file).finish(document.dump(2) + "\n");
    if (wanted.file.empty()) stdout_is_taken = true;
  }
  if (stdout_is_taken) return ExitStatus::expected;
  std::size_t name = 7;
  for (const auto& each : all) name = std::max(name, each.name.size());
  print(fmt::format("{:<{}}  {:<10}  {}\n", "checker", name, "by default", "what it does"));
  for (const auto& each : all) {
    print(fmt::format("{:<{}}  {:<10}  {}\n", each.name, name, each.by_default ? "on" : "off", each.help));
    print(fmt::format("{:<{}}  {:<10}  watches {}\n", "", name, "", each.watches));
  }
  print("\n--check NAME, INTERLEAVE_CHECK or Options::checks switches one on; no-NAME switches it off.\n");
  return ExitStatus::expected;
}

}  // namespace interleave::cli
