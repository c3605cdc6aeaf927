// The kinds of failures that the engine itself tells apart, as a type. Failure::kind is the text of it, and is public; checkers, monitors and
// observers have kinds of their own, which are `other` here. This is the only place that reads those texts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace interleave {

enum class FailureKind : std::uint8_t {
  other,           // of a checker, of the program, or one that the engine treats like those
  crash,
  data_race,
  deadlock,
  incomplete,      // no execution fails, and a pass was to be complete
  leak,
  livelock,
  misuse,          // of a lock, a thread, ...
  nondeterminism,  // the same schedule executed again does something else
  unsupported,     // the model cannot control what the program does
};

inline constexpr std::string_view texts_of_kinds[] = {"",         "crash",  "data-race",      "deadlock",   "incomplete", "leak",
                                                      "livelock", "misuse", "nondeterminism", "unsupported"};

constexpr std::string_view text_of(FailureKind kind) { return texts_of_kinds[static_cast<std::size_t>(kind)]; }

constexpr FailureKind kind_of(std::string_view text) {
  const auto found = std::find(std::begin(texts_of_kinds), std::end(texts_of_kinds), text);
  return found == std::end(texts_of_kinds) ? FailureKind::other : static_cast<FailureKind>(found - std::begin(texts_of_kinds));
}

// Nothing can be learnt from executing anything else after it: the schedules do not mean what they say.
constexpr bool is_uncontrolled(FailureKind kind) { return kind == FailureKind::nondeterminism || kind == FailureKind::unsupported; }

// Threads of it cannot go on.
constexpr bool is_hang(FailureKind kind) { return kind == FailureKind::deadlock || kind == FailureKind::livelock; }

}  // namespace interleave
