#include "selection.hpp"

#include <fnmatch.h>

#include <algorithm>

#include <fmt/format.h>

#include "scheduler/support/did_you_mean.hpp"

namespace interleave::cli {
namespace {

std::string_view group_of(std::string_view name) { return name.substr(0, name.find('/')); }

bool means(const std::string& wanted, const std::string& name) {
  return name == wanted || group_of(name) == wanted || fnmatch(wanted.c_str(), name.c_str(), FNM_PATHNAME) == 0;
}

[[noreturn]] void refuse(std::string_view wanted) {
  std::vector<std::string_view> known;
  for (const auto* scenario : scenarios::all()) known.push_back(scenario->definition().name);
  if (known.empty()) throw UsageError(fmt::format("there is no scenario '{}': this build has none", wanted));
  if (wanted.find_first_of("*?[") != wanted.npos)
    throw UsageError(fmt::format("no scenario matches '{}'; interleave list names them all", wanted));
  if (wanted.find('/') == wanted.npos) {  // a group was meant, or the group was left out
    std::vector<std::string_view> groups;
    for (const auto name : known) {
      if (groups.empty() || groups.back() != group_of(name)) groups.push_back(group_of(name));
    }
    known.insert(known.begin(), groups.begin(), groups.end());
  }
  throw UsageError(fmt::format("there is no scenario '{}'; {}", wanted, engine::nearest_sentence(wanted, known)));
}

}  // namespace

Selection every_scenario() {
  Selection all;
  for (const auto* scenario : scenarios::all()) all.push_back(&scenario->definition());
  return all;
}

Selection select(const std::vector<std::string>& wanted) {
  const Selection all = every_scenario();
  const auto any = [&](const std::string& words) {
    return std::any_of(all.begin(), all.end(), [&](const auto* scenario) { return means(words, scenario->name); });
  };
  for (const auto& words : wanted) {
    if (!any(words)) refuse(words);
  }
  Selection chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), [&](const auto* scenario) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const auto& words) { return means(words, scenario->name); });
  });
  return chosen;
}

const scenarios::Definition& the_scenario(std::string_view name) {
  const auto* scenario = scenarios::find(name);
  if (scenario != nullptr) return scenario->definition();
  const Selection all = every_scenario();
  const auto several = std::count_if(all.begin(), all.end(), [&](const auto* each) { return means(std::string(name), each->name); });
  if (several > 0)
    throw UsageError(fmt::format("'{}' means {} scenario{}, and this verb runs one, by its full name; interleave list names them all", name,
                                 several, several == 1 ? "" : "s"));
  refuse(name);
}

}  // namespace interleave::cli
