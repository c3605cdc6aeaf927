// The variables of the environment for Options, in one place for explore, check, stress and the command line.
//
//   INTERLEAVE_SEED=N  INTERLEAVE_STRATEGY=NAME  INTERLEAVE_SCHEDULE=TOKEN   INTERLEAVE_EXECUTIONS=N  INTERLEAVE_STEPS=N
//   INTERLEAVE_TIME=10|10s|500ms|2m|1h           INTERLEAVE_REQUIRE_COMPLETE=0|1
//   those of the table in model_options.hpp
//
// A variable that is set wins over the value in the program; one that is set to nothing counts as not set. A value that makes
// no sense is a UsageError of one sentence that names the variable, the value and what would have been accepted.
#pragma once

#include <chrono>
#include <string_view>

#include <interleave/interleave.hpp>

#pragma GCC visibility push(default)

namespace interleave {

// The options with every variable of the environment applied. Checks what is given in the program, too.
Options with_environment(Options options);

// "10", "10s", "500ms", "2m", "1.5h". `what` names the variable or the flag in the UsageError.
std::chrono::duration<double> parse_duration(std::string_view text, std::string_view what);

// A decimal or 0x-hexadecimal number.
std::uint64_t parse_number(std::string_view text, std::string_view what);

// 1, true, yes, on | 0, false, no, off
bool parse_switch(std::string_view text, std::string_view what);

// Refuses, with a UsageError, values of model options that do not exist and a negative time.
void validate(const Options& options);

}  // namespace interleave

#pragma GCC visibility pop
