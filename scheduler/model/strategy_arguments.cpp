#include "scheduler/model/strategy_arguments.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#include <fmt/format.h>

#include <interleave/interleave.hpp>

namespace interleave::engine {

Arguments::Arguments(std::string_view strategy, std::string_view text, std::span<const Argument> known, std::uint64_t seed)
    : strategy_(strategy), known_(known), seed_(seed) {
  std::map<std::string_view, std::string_view> given;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view pair = text.substr(0, comma);
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals + 1 == pair.size())
      throw UsageError(fmt::format("strategy '{}': '{}' is not of the form key=value", strategy, pair));
    if (!given.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
      throw UsageError(fmt::format("strategy '{}': '{}' is given twice", strategy, pair.substr(0, equals)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  for (const auto& [key, value] : given) {
    if (const Argument* const argument = this->known(key)) {
      values_.emplace(key, read(*argument, value));
      continue;
    }
    std::string takes;
    for (const Argument& each : known) takes += fmt::format("{}{}", takes.empty() ? "; it takes: " : ", ", each.key);
    throw UsageError(fmt::format("strategy '{}' has no '{}'{}", strategy, key, takes.empty() ? "; it takes no parameters" : takes));
  }
}

const Argument* Arguments::known(std::string_view key) const {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Argument& each) { return each.key == key; });
  return found == known_.end() ? nullptr : &*found;
}

std::vector<std::uint64_t> Arguments::read(const Argument& argument, std::string_view text) const {
  std::vector<std::uint64_t> numbers;
  const char* const all = text.data() + text.size();
  for (const char* at = text.data(); true; ++at) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(at, all, value);
    const bool ends_well = end == all || (argument.is_list && *end == '.');
    if (error != std::errc{} || !ends_well || value < argument.least || value > argument.most)
      throw UsageError(fmt::format("strategy '{}': {} must be {} from {} to {}{}, not '{}'", strategy_, argument.key,
                                   argument.is_list ? "whole numbers" : "a whole number", argument.least, argument.most,
                                   argument.is_list ? " with dots between them" : "", text));
    numbers.push_back(value);
    if (end == all) return numbers;
    at = end;
  }
}

std::optional<std::uint64_t> Arguments::optional_number(std::string_view key) const {
  assert(known(key) != nullptr && !known(key)->is_list);
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second.front();
}

std::vector<std::uint64_t> Arguments::numbers(std::string_view key) const {
  assert(known(key) != nullptr && known(key)->is_list);
  const auto found = values_.find(key);
  return found == values_.end() ? std::vector<std::uint64_t>() : found->second;
}

}  // namespace interleave::engine
