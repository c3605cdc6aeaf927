// Findings that the user does not want to be reported, as ThreadSanitizer's users write them down: a file of lines KIND:PATTERN, which
// INTERLEAVE_SUPPRESSIONS names, and what the program's own __tsan_default_suppressions returns.
//
// A pattern is looked for in the functions, the source files and the modules of all frames of the stacks of a finding, and in the names of
// the static variables that it is about. `*` stands for anything; `^` at the beginning and `$` at the end tie it to the beginning and the
// end. Lines that are empty or begin with # say nothing.
//
// A finding that is set aside is counted once for its kind and its places, however many executions have it.
#pragma once

#include <span>
#include <string_view>

namespace interleave::engine::suppressions {

// Whether any line is for findings of this kind. Cheap: looks at no pattern.
bool meant_for(std::string_view kind);

struct Finding {
  std::string_view kind;                                  // Failure::kind
  std::span<const std::span<const void* const>> stacks;   // return addresses, innermost first
  std::span<const void* const> objects;                   // that it is about; those in static storage have names
};

// Whether a line sets it aside; then it is counted. May be called from a modelled thread, outside the model: needs little of its stack.
// Reads debug information, so it is for findings and not for steps.
bool set_aside(const Finding& finding);

// Whether the pattern occurs in `text`.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace interleave::engine::suppressions
