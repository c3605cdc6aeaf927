#include "settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include <interleave/scheduler/services.hpp>
#include "scheduler/api/environment.hpp"

namespace interleave::cli {
namespace {

// The text of a flag, and where it came from: the name that a complaint about it uses.
struct Given {
  std::string text, from;
};

using GivenFlags = std::array<std::optional<Given>, flags.size()>;

const std::optional<Given>& find(const GivenFlags& given, std::string_view name) {
  std::size_t i = 0;
  while (flags[i].name != name) ++i;
  return given[i];
}

std::string one_of(const Given& given, std::initializer_list<std::string_view> words) {
  for (const auto word : words) {
    if (given.text == word) return given.text;
  }
  throw UsageError(fmt::format("{}={} makes no sense; use {}", given.from, given.text, fmt::join(words, " or ")));
}

}  // namespace

Settings read_settings(const std::array<std::optional<std::string>, flags.size()>& on_command_line) {
  GivenFlags given;
  const auto is_flag = [&](std::string_view name) {
    const auto at = std::find_if(flags.begin(), flags.end(), [&](const Flag& flag) { return flag.name == name; });
    return on_command_line[static_cast<std::size_t>(at - flags.begin())].has_value();
  };
  // The two ways to name one execution: a flag for the one sets the variables for the other aside.
  if (is_flag("--schedule")) unsetenv("INTERLEAVE_SEED");
  if (is_flag("--seed")) unsetenv("INTERLEAVE_SCHEDULE");
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const char* twin = std::getenv(flags[i].variable);
    if (on_command_line[i]) {
      given[i] = Given{*on_command_line[i], flags[i].name};
    } else if (twin != nullptr && *twin != '\0') {
      given[i] = Given{twin, flags[i].variable};
    }
    unsetenv(flags[i].variable);
  }

  Settings settings;
  if (const auto& g = find(given, "--strategy"); g && !g->text.empty()) settings.strategy = g->text;
  if (const auto& g = find(given, "--seed")) settings.seed = parse_number(g->text, g->from);
  if (const auto& g = find(given, "--schedule")) settings.schedule = g->text;
  if (const auto& g = find(given, "--executions")) settings.executions = parse_number(g->text, g->from);
  if (const auto& g = find(given, "--steps")) settings.steps = parse_number(g->text, g->from);
  if (const auto& g = find(given, "--time")) settings.time = parse_duration(g->text, g->from);
  for (std::size_t i = 0; i < settings.model.size(); ++i) {
    const ModelOption& option = model_options[i];
    const auto& g = find(given, option.flag);
    if (!g) continue;
    Options asked;
    set_value(option, asked, g->text, g->from);
    settings.model[i] = value_of(option, asked);
  }
  if (const auto& g = find(given, "--require-complete")) settings.require_complete = parse_switch(g->text, g->from);
  if (const auto& g = find(given, "--check")) {
    detail::validate_checks(g->text, g->from);
    settings.checks = g->text;
  }
  if (const auto& g = find(given, "--suppressions")) {
    settings.suppressions = g->text;
    setenv("INTERLEAVE_SUPPRESSIONS", g->text.c_str(), 1);  // where the engine reads it
  }
  if (const auto& g = find(given, "--no-shrink")) settings.shrink = parse_switch(g->text, g->from) == (g->from == "INTERLEAVE_SHRINK");
  if (const auto& g = find(given, "--corpus"); g && !g->text.empty()) settings.corpus = g->text;
  if (const auto& g = find(given, "--jobs")) settings.jobs = parse_number(g->text, g->from);
  if (const auto& g = find(given, "--trace")) settings.trace = trace_detail(g->text, g->from);
  if (const auto& g = find(given, "--color")) settings.color = one_of(*g, {"auto", "always", "never"});
  return settings;
}

bool Settings::asks_for(std::string_view option, std::string_view value) const {
  std::size_t i = 0;
  while (model_options[i].name != option) ++i;
  return model[i] == value;
}

Options Settings::applied_to(Options options) const {
  options.steps_max = steps.value_or(options.steps_max);
  options.time_max = time.value_or(options.time_max);
  options.executions_max = executions.value_or(options.executions_max);
  for (std::size_t i = 0; i < model.size(); ++i)
    if (model[i]) set_value(model_options[i], options, *model[i], model_options[i].flag);
  options.checks = checks.value_or(options.checks);
  options.shrink = shrink.value_or(options.shrink);
  options.require_complete = require_complete.value_or(options.require_complete);
  return options;
}

std::string Settings::replay_flags() const {
  std::string text;
  if (steps) text += fmt::format(" --steps {}", *steps);
  for (std::size_t i = 0; i < model.size(); ++i)
    if (model[i]) text += fmt::format(" {}{}{}", model_options[i].flag, *model_options[i].values == '\0' ? "=" : " ", *model[i]);
  if (checks && !checks->empty()) text += fmt::format(" --check {}", *checks);
  if (suppressions && !suppressions->empty()) text += fmt::format(" --suppressions '{}'", *suppressions);
  return text;
}

}  // namespace interleave::cli
