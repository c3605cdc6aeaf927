#include "scheduler/model/strategy_arguments.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#include <fmt/format.h>

#include <interleave/interleave.hpp>

namespace interleave::engine {

Arguments::Arguments(std::string_view strategy, std::string_view text, std::span<const Argument> known, std::uint64_t seed)
    : strategy_(strategy), known_(known), seed_(seed) {
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view pair = text.substr(0, comma);
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals + 1 == pair.size())
      throw UsageError(fmt::format("strategy '{}': '{}' is not of the form key=value", strategy, pair));
    if (!values_.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
      throw UsageError(fmt::format("strategy '{}': '{}' is given twice", strategy, pair.substr(0, equals)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  for (const auto& [key, value] : values_) {
    if (is_known(key)) continue;
    std::string takes;
    for (const Argument& each : known) takes += fmt::format("{}{}", takes.empty() ? "; it takes: " : ", ", each.key);
    throw UsageError(fmt::format("strategy '{}' has no '{}'{}", strategy, key, takes.empty() ? "; it takes no parameters" : takes));
  }
}

bool Arguments::is_known(std::string_view key) const {
  return std::any_of(known_.begin(), known_.end(), [&](const Argument& each) { return each.key == key; });
}

const std::string* Arguments::value_of(std::string_view key) const {
  assert(is_known(key));
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

std::uint64_t Arguments::number(std::string_view key, std::uint64_t otherwise, std::uint64_t least) const {
  const std::string* const text = value_of(key);
  if (text == nullptr) return otherwise;
  std::uint64_t value = 0;
  const char* const all = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), all, value);
  if (error != std::errc{} || end != all || value < least)
    throw UsageError(fmt::format("strategy '{}': {} must be a whole number of at least {}, not '{}'", strategy_, key, least, *text));
  return value;
}

std::optional<std::uint64_t> Arguments::optional_number(std::string_view key) const {
  if (value_of(key) == nullptr) return std::nullopt;
  return number(key, 0);
}

std::vector<std::uint64_t> Arguments::numbers(std::string_view key) const {
  std::vector<std::uint64_t> result;
  const std::string* const text = value_of(key);
  if (text == nullptr) return result;
  const char* const all = text->data() + text->size();
  for (const char* at = text->data(); true; ++at) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(at, all, value);
    if (error != std::errc{} || (end != all && *end != '.'))
      throw UsageError(fmt::format("strategy '{}': {} must be whole numbers with dots between them, not '{}'", strategy_, key, *text));
    result.push_back(value);
    if (end == all) return result;
    at = end;
  }
}

}  // namespace interleave::engine
