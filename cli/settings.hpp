// What a request may change in how scenarios are run: the flags, their variables of the environment, and their values once checked.
//
// A flag wins over its variable, a variable over what the scenario declares. The variables are taken out of the environment
// once they are read, or the engine, for which they win over everything, would let them win over the flags.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <interleave/interleave.hpp>

namespace interleave::cli {

struct Flag {
  const char* name;
  const char* variable;
  const char* value;  // as the help shows it; empty: a switch
  const char* help;
};

// In the order of the help.
inline constexpr std::array flags = {
    Flag{"--strategy", "INTERLEAVE_STRATEGY", "NAME", "who decides the order of steps: name[:key=value,...]"},
    Flag{"--seed", "INTERLEAVE_SEED", "S", "of everything that is drawn; default: a fresh one, printed"},
    Flag{"--schedule", "INTERLEAVE_SCHEDULE", "TOKEN", "the schedule that a failure printed: il1:..."},
    Flag{"--executions", "INTERLEAVE_EXECUTIONS", "N", "stop after so many executions; 0: no limit"},
    Flag{"--time", "INTERLEAVE_TIME", "T", "stop after so long, per scenario: 10, 10s, 500ms, 2m; 0: no limit"},
    Flag{"--steps", "INTERLEAVE_STEPS", "N", "cut an execution after so many steps; default 100000, 0: no limit"},
    Flag{"--races", "INTERLEAVE_RACES", "fail|explore|ignore", "what a data race is"},
    Flag{"--clock", "INTERLEAVE_CLOCK", "any|virtual", "any: a wait may time out at any moment; virtual: the earliest first"},
    Flag{"--heap", "INTERLEAVE_HEAP", "fresh|reuse", "fresh: no block is given out twice; reuse: whether it is, is a choice"},
    Flag{"--leaks", "INTERLEAVE_LEAKS", "0|1", "1: a block that nothing refers to at an execution's end is a failure"},
    Flag{"--spurious-wakeups", "INTERLEAVE_SPURIOUS_WAKEUPS", "", "condition variables may wake unasked"},
    Flag{"--interrupts", "INTERLEAVE_INTERRUPTS", "", "blocking sem_* calls may fail with EINTR"},
    Flag{"--require-complete", "INTERLEAVE_REQUIRE_COMPLETE", "", "a pass that is not complete is a failure"},
    Flag{"--suppressions", "INTERLEAVE_SUPPRESSIONS", "FILE", "a file of lines race:PATTERN, deadlock:PATTERN, ...: findings that are counted and not reported"},
    Flag{"--color", "INTERLEAVE_COLOR", "auto|always|never", "auto: on a terminal, unless NO_COLOR is set"},
};

struct Settings {
  std::optional<std::string> strategy, schedule, races, clock, heap, suppressions;
  std::optional<std::uint64_t> seed, executions, steps;
  std::optional<std::chrono::duration<double>> time;
  std::optional<bool> spurious_wakeups, interrupts, leaks, require_complete;
  std::string color = "auto";

  // The options of a scenario with everything applied that was asked for.
  Options applied_to(Options options) const;

  // The flags that make another run offer the same choices; empty, or beginning with a space.
  std::string replay_flags() const;
};

// `given`: the text of each flag of `flags` that is on the command line. Reads the environment, and removes their variables from it.
// Throws UsageError.
Settings read_settings(const std::array<std::optional<std::string>, flags.size()>& given);

}  // namespace interleave::cli
