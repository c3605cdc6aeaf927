// The options that change what an execution is: which operations may fail or wake, what a race is, which blocks the heap gives out. This table is
// all that there is to write of one, beside the member of Options and the place that acts on it:
//
//   environment.cpp, variables.cpp   the variable: read, checked, known
//   cli/settings.*, command_line.cpp the flag of every verb that explores, its help, and what a printed command line repeats
//   cli/replay.cpp                   what a token has recorded, and wins over the flags
#pragma once

#include <string>
#include <string_view>

#include <interleave/interleave.hpp>

#include "scheduler/api/environment.hpp"

namespace interleave {

struct ModelOption {
  std::string_view name;      // of the member: what complaints about a value in the program say
  const char*      flag;
  const char*      variable;
  const char*      values;    // with bars between them; of a member that is a bool: empty, or "0|1" if the flag does not stand alone
  const char*      help;
  bool             recorded;  // in the token of a schedule, which fits nothing else
  std::string Options::* word = nullptr;  // the member, one of these two
  bool Options::*        on = nullptr;
};

inline constexpr ModelOption model_options[] = {
    {"races", "--races", "INTERLEAVE_RACES", "fail|explore|ignore", "what a data race is", true, &Options::races},
    {"clock", "--clock", "INTERLEAVE_CLOCK", "any|virtual", "any: a wait may time out at any moment; virtual: the earliest first", true, &Options::clock},
    {"heap", "--heap", "INTERLEAVE_HEAP", "fresh|reuse", "fresh: no block is given out twice; reuse: whether it is, is a choice", true, &Options::heap},
    {"leaks", "--leaks", "INTERLEAVE_LEAKS", "0|1", "1: a block that nothing refers to at an execution's end is a failure", false, nullptr, &Options::leaks},
    {"spurious_wakeups", "--spurious-wakeups", "INTERLEAVE_SPURIOUS_WAKEUPS", "", "condition variables may wake unasked", true, nullptr,
     &Options::spurious_wakeups},
    {"interrupts", "--interrupts", "INTERLEAVE_INTERRUPTS", "", "blocking sem_* calls may fail with EINTR", true, nullptr, &Options::interrupts},
};

// The value as a flag or a variable has it: a word, or 0 or 1.
inline std::string value_of(const ModelOption& option, const Options& options) {
  if (option.word != nullptr) return options.*option.word;
  return options.*option.on ? "1" : "0";
}

// Throws UsageError if the option has no such value. `what` names the option in it.
inline void check_value(const ModelOption& option, std::string_view value, std::string_view what) {
  if (option.word == nullptr) {
    parse_switch(value, what);
    return;
  }
  std::string accepted;
  for (std::string_view rest = option.values; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find('|'));
    if (value == one) return;
    accepted += (accepted.empty() ? "" : " or ") + std::string(one);
    rest.remove_prefix(one.size() == rest.size() ? one.size() : one.size() + 1);
  }
  throw UsageError(std::string(what) + "=" + std::string(value) + " makes no sense; use " + accepted);
}

// As check_value, and sets it.
inline void set_value(const ModelOption& option, Options& options, std::string_view value, std::string_view what) {
  check_value(option, value, what);
  if (option.word != nullptr) {
    options.*option.word = value;
  } else {
    options.*option.on = parse_switch(value, what);
  }
}

}  // namespace interleave
