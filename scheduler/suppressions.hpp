// Findings that the user does not want to be reported, as ThreadSanitizer's users write them down: a file of lines KIND:PATTERN, which
// INTERLEAVE_SUPPRESSIONS names, and what the program's own __tsan_default_suppressions returns.
//
// A pattern is looked for in the functions, the source files and the modules of all frames of the stacks of a finding, and in the names of
// the static variables that it is about. `*` stands for anything; `^` at the beginning and `$` at the end tie it to the beginning and the
// end. Lines that are empty or begin with # say nothing.
//
// What is set aside is counted: once for each kind and places, in however many executions it was met.
#pragma once

#include <span>
#include <string_view>

namespace interleave::engine::suppressions {

// Whether there is any pattern for findings of this kind.
bool meant_for(std::string_view kind);

struct Finding {
  std::string_view kind;                                  // of failure
  std::span<const std::span<const void* const>> stacks;   // return addresses, innermost first
  std::span<const void* const> objects;                   // that it is about; those in static storage have names
};

// Whether a pattern sets it aside; then it is counted. Also from a modelled thread, outside the model: it may take long, but needs little
// of the stack.
bool set_aside(const Finding& finding);

// Whether `text` has the pattern in it.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace interleave::engine::suppressions
