#include "scheduler/api/environment.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/api/model_options.hpp"
#include "scheduler/api/uncaught.hpp"
#include "scheduler/api/variables.hpp"

namespace interleave {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view value, std::string_view accepted) {
  throw UsageError(std::string(what) + "=" + std::string(value) + " makes no sense; use " + std::string(accepted));
}

// An environment variable, or nothing if it is not set or empty.
std::optional<std::string_view> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

struct Unit {
  std::string_view suffix;
  double           seconds;
};

constexpr Unit units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"m", 60}, {"min", 60}, {"h", 3600}};

}  // namespace

std::uint64_t parse_number(std::string_view text, std::string_view what) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hexadecimal ? text.substr(2) : text;
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    refuse(what, text, "a whole number from 0 to 18446744073709551615");
  }
  return number;
}

std::chrono::duration<double> parse_duration(std::string_view text, std::string_view what) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc{} && number >= 0 && std::isfinite(number)) {
    for (const Unit& unit : units) {
      if (unit.suffix == suffix) return std::chrono::duration<double>(number * unit.seconds);
    }
  }
  refuse(what, text, "a time such as 10, 10s, 500ms or 2m");
}

bool parse_switch(std::string_view text, std::string_view what) {
  for (const auto word : {"1", "true", "yes", "on"}) {
    if (text == word) return true;
  }
  for (const auto word : {"0", "false", "no", "off"}) {
    if (text == word) return false;
  }
  refuse(what, text, "0 or 1");
}

void validate(const Options& options) {
  hooks::Checker::validate(options.checks, "checks");
  for (const ModelOption& option : model_options) check_value(option, value_of(option, options), option.name);
  if (!(options.time_max.count() >= 0)) {
    refuse("time_max", std::to_string(options.time_max.count()), "a time of 0 (no limit) or more");
  }
  if (std::find(options.observers.begin(), options.observers.end(), nullptr) != options.observers.end()) {
    throw UsageError("observers holds a null pointer; leave it out");
  }
}

Options with_environment(Options options) {
  watch_uncaught();
  check_variables();
  if (const auto v = variable("INTERLEAVE_SEED")) options.seed = parse_number(*v, "INTERLEAVE_SEED");
  if (const auto v = variable("INTERLEAVE_STRATEGY")) options.strategy = *v;
  if (const auto v = variable("INTERLEAVE_SCHEDULE")) options.schedule = *v;
  if (const auto v = variable("INTERLEAVE_EXECUTIONS")) options.executions_max = parse_number(*v, "INTERLEAVE_EXECUTIONS");
  if (const auto v = variable("INTERLEAVE_STEPS")) options.steps_max = parse_number(*v, "INTERLEAVE_STEPS");
  if (const auto v = variable("INTERLEAVE_TIME")) options.time_max = parse_duration(*v, "INTERLEAVE_TIME");
  for (const ModelOption& option : model_options)
    if (const auto v = variable(option.variable)) set_value(option, options, *v, option.variable);
  if (const auto v = variable("INTERLEAVE_REQUIRE_COMPLETE")) options.require_complete = parse_switch(*v, "INTERLEAVE_REQUIRE_COMPLETE");
  if (const auto v = variable("INTERLEAVE_SHRINK")) options.shrink = parse_switch(*v, "INTERLEAVE_SHRINK");
  if (const auto v = variable("INTERLEAVE_CHECK")) {
    hooks::Checker::validate(*v, "INTERLEAVE_CHECK");
    options.checks = *v;
  }
  validate(options);
  return options;
}

}  // namespace interleave
