// What the command says by its exit status. Scripts branch on these numbers; they never change their meaning.
#pragma once

#include <array>

namespace interleave::cli {

enum class ExitStatus {
  expected = 0,      // every verdict is as expected; replay: the failure was not reproduced
  differs = 1,       // a failure was found, or a verdict, kind or outcome is not the declared one; replay: reproduced
  usage = 2,         // the request makes no sense
  incomplete = 3,    // a limit was met before the goal of a search
  uncontrolled = 4,  // an operation that the model cannot control, or nondeterminism
  fault = 70,        // of the harness itself
};

// Of two scenarios that end differently the more serious speaks for both: fault, usage, uncontrolled, differs, incomplete.
// What the model could not control comes before a failure, because it casts doubt on every other number.
constexpr ExitStatus worse(ExitStatus a, ExitStatus b) {
  for (const auto status : std::array{ExitStatus::fault, ExitStatus::usage, ExitStatus::uncontrolled, ExitStatus::differs,
                                      ExitStatus::incomplete}) {
    if (a == status || b == status) return status;
  }
  return ExitStatus::expected;
}

}  // namespace interleave::cli
