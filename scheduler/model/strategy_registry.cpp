#include "scheduler/model/strategy_registry.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/support/did_you_mean.hpp"

namespace interleave::engine {
namespace {

std::vector<const Registration*>& registry() {
  static std::vector<const Registration*> list;
  return list;
}

const Registration& registration(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Registration* each : registry()) {
    if (each->name == name) return *each;
    names.push_back(each->name);
  }
  throw UsageError(fmt::format("there is no strategy '{}'; {}", name, nearest_sentence(name, names)));
}

}  // namespace

Registration::Registration(std::string_view name_, std::string_view summary_, std::vector<Argument> arguments_, bool wraps_, Make make_)
    : name(name_), summary(summary_), arguments(std::move(arguments_)), wraps(wraps_), make(std::move(make_)) {
  auto& list = registry();
  list.insert(std::upper_bound(list.begin(), list.end(), this,
                               [](const Registration* a, const Registration* b) { return a->name < b->name; }),
              this);
}

const std::vector<const Registration*>& registered_strategies() { return registry(); }

std::unique_ptr<Strategy> make_strategy(std::string_view text, std::uint64_t seed) {
  const auto slash = text.find('/');
  const std::string_view own = text.substr(0, slash);
  const auto colon = own.find(':');
  const std::string_view name = own.substr(0, colon);
  const Registration& found = registration(name);
  if (found.wraps && (slash == std::string_view::npos || slash + 1 == text.size()))
    throw UsageError(fmt::format("strategy '{}' wraps another one: write {}/dfs", name, own));
  if (!found.wraps && slash != std::string_view::npos)
    throw UsageError(fmt::format("strategy '{}' cannot hold another one: leave out '{}'", name, text.substr(slash)));
  std::unique_ptr<Strategy> inner;
  if (found.wraps) inner = make_strategy(text.substr(slash + 1), seed);
  const Arguments arguments(name, colon == std::string_view::npos ? std::string_view() : own.substr(colon + 1), found.arguments, seed);
  return found.make(arguments, std::move(inner));
}

}  // namespace interleave::engine
