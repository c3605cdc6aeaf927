// What a request may change in how scenarios are run: the flags, their variables of the environment, and their values once checked.
//
// A flag wins over its variable, a variable over what the scenario declares. The variables are taken out of the environment
// once they are read, or the engine, for which they win over everything, would let them win over the flags.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include <interleave/interleave.hpp>

#include "scheduler/api/model_options.hpp"
#include "scheduler/report/report.hpp"

namespace interleave::cli {

struct Flag {
  const char* name;
  const char* variable;
  const char* value;  // as the help shows it; empty: a switch
  const char* help;
};

namespace parts {
inline constexpr Flag first_flags[] = {
    Flag{"--strategy", "INTERLEAVE_STRATEGY", "NAME", "who decides the order of steps: name[:key=value,...]"},
    Flag{"--seed", "INTERLEAVE_SEED", "S", "of everything that is drawn; default: a fresh one, printed"},
    Flag{"--schedule", "INTERLEAVE_SCHEDULE", "TOKEN", "the schedule that a failure printed: il1:..."},
    Flag{"--executions", "INTERLEAVE_EXECUTIONS", "N", "stop after so many executions; 0: no limit"},
    Flag{"--time", "INTERLEAVE_TIME", "T", "stop after so long, per scenario: 10, 10s, 500ms, 2m; 0: no limit"},
    Flag{"--steps", "INTERLEAVE_STEPS", "N", "cut an execution after so many steps; default 100000, 0: no limit"},
};
inline constexpr Flag last_flags[] = {
    Flag{"--require-complete", "INTERLEAVE_REQUIRE_COMPLETE", "", "a pass that is not complete is a failure"},
    Flag{"--check", "INTERLEAVE_CHECK", "NAME,...", "checkers to switch on, or off by no-NAME; interleave checkers lists them"},
    Flag{"--no-shrink", "INTERLEAVE_SHRINK", "", "show a failing schedule as it was found; the variable: 0"},
    Flag{"--suppressions", "INTERLEAVE_SUPPRESSIONS", "FILE", "a file of lines race:PATTERN, deadlock:PATTERN, ...: findings that are counted and not reported"},
    Flag{"--jobs", "INTERLEAVE_JOBS", "N", "run so many scenarios at a time, each in a process of its own; default, 0: as many as processors"},
    Flag{"--corpus", "INTERLEAVE_CORPUS", "DIR", "the folder .interleave of a project; default: that one here or further up"},
    Flag{"--trace", "INTERLEAVE_TRACE", "short|calls|full", "of a failing schedule: one screen, every call of a library, or every step; default short"},
    Flag{"--color", "INTERLEAVE_COLOR", "auto|always|never", "auto: on a terminal, unless NO_COLOR is set"},
};
}  // namespace parts

// In the order of the help: those of the model's options stand in the middle.
inline constexpr auto flags = [] {
  std::array<Flag, std::size(parts::first_flags) + std::size(model_options) + std::size(parts::last_flags)> all{};
  auto next = std::copy(std::begin(parts::first_flags), std::end(parts::first_flags), all.begin());
  for (const ModelOption& option : model_options) *next++ = {option.flag, option.variable, option.values, option.help};
  std::copy(std::begin(parts::last_flags), std::end(parts::last_flags), next);
  return all;
}();

struct Settings {
  std::optional<std::string> strategy, schedule, suppressions, checks, corpus;
  std::optional<std::uint64_t> seed, executions, steps, jobs;
  std::optional<std::chrono::duration<double>> time;
  std::optional<bool> require_complete, shrink;
  std::array<std::optional<std::string>, std::size(model_options)> model;  // values of model_options, in the order of the table
  std::string color = "auto";
  TraceDetail trace = TraceDetail::brief;

  // Whether that value is asked for. REQUIRES: there is a model option of that name.
  bool asks_for(std::string_view option, std::string_view value) const;

  // The options of a scenario with everything applied that was asked for.
  Options applied_to(Options options) const;

  // The flags that make another run offer the same choices; empty, or beginning with a space.
  std::string replay_flags() const;
};

// `given`: the text of each flag of `flags` that is on the command line. Reads the environment, and removes their variables from it.
// Throws UsageError.
Settings read_settings(const std::array<std::optional<std::string>, flags.size()>& given);

}  // namespace interleave::cli
