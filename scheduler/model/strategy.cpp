#include "scheduler/model/strategy.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/support/nearest.hpp"

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

std::map<std::string, std::string> parse_values(std::string_view strategy, std::string_view text) {
  std::map<std::string, std::string> values;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view pair = text.substr(0, comma);
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals + 1 == pair.size())
      throw UsageError(fmt::format("strategy '{}': '{}' is not of the form key=value", strategy, pair));
    if (!values.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
      throw UsageError(fmt::format("strategy '{}': '{}' is given twice", strategy, pair.substr(0, equals)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return values;
}

}  // namespace

std::uint64_t Arguments::number(const std::string& key, std::uint64_t otherwise, std::uint64_t least) {
  asked_.push_back(key);
  const auto found = values_.find(key);
  if (found == values_.end()) return otherwise;
  const std::string& text = found->second;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least)
    throw UsageError(fmt::format("strategy '{}': {} must be a whole number of at least {}, not '{}'", name_, key, least, text));
  return value;
}

std::vector<std::uint64_t> Arguments::numbers(const std::string& key) {
  asked_.push_back(key);
  std::vector<std::uint64_t> result;
  const auto found = values_.find(key);
  if (found == values_.end()) return result;
  const std::string& text = found->second;
  for (const char* at = text.data(); true; ++at) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(at, text.data() + text.size(), value);
    if (error != std::errc{} || (end != text.data() + text.size() && *end != '.'))
      throw UsageError(fmt::format("strategy '{}': {} must be whole numbers with dots between them, not '{}'", name_, key, text));
    result.push_back(value);
    if (end == text.data() + text.size()) return result;
    at = end;
  }
}

void Arguments::refuse_unknown() const {
  for (const auto& [key, value] : values_)
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end())
      throw UsageError(fmt::format("strategy '{}' has no '{}'{}", name_, key,
                                   asked_.empty() ? "; it takes no parameters"
                                                  : fmt::format("; it takes: {}", fmt::join(asked_, ", "))));
}

Registration::Registration(std::string_view name_, std::string_view summary_, bool wraps_,
                           std::function<std::unique_ptr<Strategy>(Arguments&, std::unique_ptr<Strategy>)> make_)
    : name(name_), summary(summary_), wraps(wraps_), make(std::move(make_)) {
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
  Arguments arguments(std::string(name),
                      colon == std::string_view::npos ? std::map<std::string, std::string>{}
                                                      : parse_values(name, own.substr(colon + 1)),
                      seed);
  auto strategy = found.make(arguments, std::move(inner));
  arguments.refuse_unknown();
  return strategy;
}

std::size_t Random::below_without_bias(std::size_t n, Wide product) {
  const std::uint64_t excess = (~std::uint64_t{0} - n + 1) % n;
  while (static_cast<std::uint64_t>(product) < excess) product = Wide{next()} * n;
  return static_cast<std::size_t>(product >> 64);
}

}  // namespace interleave::engine
