// A schedule: the choices that make an execution happen again, and the token that carries them.
//
// All nondeterminism of an execution is one index into one list of candidates, so the indices taken where there was more than
// one candidate are the whole schedule. The token is what a person copies from a report into a command line or a test:
//
//     il1:  NNNNN  BBBBB  O  ..............  CCCCC        each letter one base64url character: six bits
//     |     |      |      |  |               |
//     |     |      |      |  |               30 bits: checksum of everything before it
//     |     |      |      |  how many choices; the choices, as runs (value, length), each number in Elias gamma code; the checks
//     |     |      |      options that change which candidates there are (option_code.hpp), one letter or more; which lines of
//     |     |      |      stacks are shared, if that decides what is a step
//     |     |      30 bits: the build
//     |     30 bits: hash of the scenario's name
//     version 1 of this layout
//
// A run of a thousand zeros costs 20 bits, a lone 1 four. Any change of a single character is noticed.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/model_values.hpp"

namespace interleave {

// A line of 64 bytes of a thread's stack: the index of the stack, and how many lines lie between it and the end of its slot of addresses.
struct StackLine {
  std::uint32_t stack = 0, from_top = 0;
  auto operator<=>(const StackLine&) const = default;
};

struct Schedule {
  std::string   name;   // of the scenario or check
  std::uint32_t build = 0;               // build_id() of the program that recorded it, 30 bits
  ModelValues   options;                 // those that decide which candidates there are; the others at their defaults
  bool          stops_round = false;     // a thread that had gone round stopped (spin_detector.hpp)
  bool          comes_back = false;      // the execution ends where it has come back to where it was (cycle_analysis.hpp)
  bool          keeps_private = false;   // accesses of threads to their own stacks are steps only on these lines (shared_lines.hpp)
  std::vector<StackLine> shared_lines;   // sorted
  std::vector<std::uint32_t> choices;    // indices taken where there was more than one candidate, in order
  std::vector<std::uint8_t>  checks;     // four bits for each chunk of choices, of what was to choose from; or empty

  bool operator==(const Schedule&) const = default;
};

// The longest schedule that a token carries, in choices. A guard against a forged token, far above any readable failure.
inline constexpr std::size_t schedule_choices_max = std::size_t{1} << 24;

// How many choices share one check, so that a token holds at most 64 of them.
constexpr std::size_t schedule_chunk(std::size_t choices) { return (choices + 63) / 64; }

// The check of one chunk, from the low eight bits of a fingerprint of the candidates at each of its choices.
std::uint8_t schedule_check(std::span<const std::uint32_t> fingerprints);

// The checks of a whole schedule.
std::vector<std::uint8_t> schedule_checks(std::span<const std::uint32_t> fingerprints);

// The token of a schedule. Throws UsageError if there are more choices than a token carries.
std::string encode(const Schedule& schedule);

// The schedule of a token. Throws UsageError if the text is not a token, is of another version, is damaged, or is meant for
// another name than `expected_name`. A token of another build is not an error: compare `build` with build_id() and warn.
Schedule decode(std::string_view token, std::string_view expected_name);

// Is the token meant for this name? Throws UsageError as decode does, except for another name.
bool is_schedule_for(std::string_view token, std::string_view name);

// Identity of the running program, engine included: another build may offer other candidates. 30 bits, never 0 in practice;
// computed once, from the GNU build-id notes or else from the file itself.
std::uint32_t build_id();

}  // namespace interleave
