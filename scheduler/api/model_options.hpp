// The options that change what an execution is: which operations may fail or wake, what a race is, which blocks the heap gives out. This table is
// all that there is to write of one, beside the member of Options and the place that acts on it:
//
//   environment.cpp, variables.cpp   the variable: read, checked, known
//   cli/settings.*, command_line.cpp the flag of every verb that explores, its help, and what a printed command line repeats
//   cli/replay.cpp                   what a token has recorded, and wins over the flags
//   model_values.hpp                 its value as a number, as executions, schedules and the crash reporter carry it; how a place asks for it
//   model/option_code.hpp            its bits in a token
//   tests/cli/output.cpp             its row in docs/command.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <interleave/interleave.hpp>

#include "scheduler/api/environment.hpp"

namespace interleave {

// The part of a token that has an option (model/option_code.hpp draws them).
enum class TokenPart : std::uint8_t {
  none,       // no token has it: it does not change which candidates there are
  flags,      // one of three bits that every token has;              `at`: which, from 0. Full
  further,    // one of four bits that follow where one of them is set; `at`: which, from the lowest, which is 0. Full
  races,      // the two bits of races. Full
  extension,  // for every option that comes from now on;             `at`: its number there
};

// A row's place never changes, or tokens that were printed would mean something else.
//
// A new option takes {TokenPart::extension, N}, where N is the least number from 1 on that no row has, or ever had. The extension holds
// the pair (N, number of the value) of each option that is not at its default. So tokens from before the option are what they are now, a token without
// the pair means the default, and a version that does not know N refuses the token in a sentence that says why. Further values of an option
// in the extension go to the end of `values`.
struct TokenPlace {
  TokenPart    part = TokenPart::none;
  std::uint8_t at = 0;
};

struct ModelOption {
  std::string_view name;      // of the member: what complaints about a value in the program say
  const char*      flag;
  const char*      variable;
  const char*      values;    // with bars between them, the default first; of a member that is a bool, which is false by default: empty, or
                              // "0|1" if the flag does not stand alone
  const char*      help;
  TokenPlace       token;     // where the token of a schedule, which fits nothing else, has the value
  std::string Options::* word = nullptr;  // the member, one of these two
  bool Options::*        on = nullptr;

  constexpr bool is_recorded() const { return token.part != TokenPart::none; }
};

inline constexpr ModelOption model_options[] = {
    {"races", "--races", "INTERLEAVE_RACES", "fail|explore|ignore", "what a data race is", {TokenPart::races}, &Options::races},
    {"clock", "--clock", "INTERLEAVE_CLOCK", "any|virtual", "any: a wait may time out at any moment; virtual: the earliest first", {TokenPart::flags, 2},
     &Options::clock},
    {"heap", "--heap", "INTERLEAVE_HEAP", "fresh|reuse", "fresh: no block is given out twice; reuse: whether it is, is a choice", {TokenPart::further, 1},
     &Options::heap},
    {"leaks", "--leaks", "INTERLEAVE_LEAKS", "0|1", "1: a block that nothing refers to at an execution's end is a failure", {}, nullptr,
     &Options::leaks},
    {"spurious_wakeups", "--spurious-wakeups", "INTERLEAVE_SPURIOUS_WAKEUPS", "", "condition variables may wake unasked", {TokenPart::flags, 0}, nullptr,
     &Options::spurious_wakeups},
    {"interrupts", "--interrupts", "INTERLEAVE_INTERRUPTS", "", "blocking sem_* calls may fail with EINTR", {TokenPart::flags, 1}, nullptr,
     &Options::interrupts},
};

// How many values an option has. A value's number is its place among them, from 0.
constexpr std::size_t number_of_values(const ModelOption& option) {
  if (option.word == nullptr) return 2;
  std::size_t n = 1;
  for (const char* c = option.values; *c != '\0'; ++c) n += *c == '|';
  return n;
}

// REQUIRES: the option has so many values, and they are words.
constexpr std::string_view word_of(const ModelOption& option, std::size_t number) {
  std::string_view rest = option.values;
  while (number-- > 0) rest.remove_prefix(rest.find('|') + 1);
  return rest.substr(0, rest.find('|'));
}

// The number of a word; the number of values if it is none of them. REQUIRES: the values are words.
constexpr std::size_t number_of(const ModelOption& option, std::string_view word) {
  std::size_t number = 0;
  while (number < number_of_values(option) && word_of(option, number) != word) ++number;
  return number;
}

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
  if (number_of(option, value) < number_of_values(option)) return;
  std::string accepted;
  for (std::size_t i = 0; i < number_of_values(option); ++i) accepted += (i == 0 ? "" : " or ") + std::string(word_of(option, i));
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
