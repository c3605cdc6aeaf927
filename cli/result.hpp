// A scenario, what was found, and whether that is what the scenario declares.
#pragma once

#include <string>

#include <interleave/interleave.hpp>
#include <interleave/scenarios/scenario.hpp>

#include "exit_status.hpp"

namespace interleave::cli {

// When a run of a scenario has done what was asked for.
enum class Goal {
  whole,          // all schedules were covered
  first_failure,  // one failure was found, or all schedules were covered
  budget,         // as much as a limit allowed
};

struct Result {
  const scenarios::Definition* scenario;
  Report      report;
  bool        as_expected = false;
  std::string difference;  // one sentence, unless everything is as declared and the goal was reached
  ExitStatus  status = ExitStatus::expected;
};

// A scenario that declares a bound was searched up to it.
bool reached_its_bound(const scenarios::Definition& scenario, const Report& report);

// Every schedule was executed and none fails, but what happened was not all seen, or a finding was suppressed: a pass that is not complete.
bool passes_but_for_what_was_not_seen(const Report& report);

// What happened in the executions and was not seen, or was found and suppressed; empty: nothing.
std::string what_was_not_seen(const Report& report);

// Compares verdict, kind of failure and outcomes with what the scenario declares. The outcomes must be the declared ones, all of
// them if the run is complete.
Result judged(const scenarios::Definition& scenario, Report report, Goal goal);

std::string_view name_of(Verdict verdict);

// Why a search of all leaves the scenario out.
std::string_view needs(const scenarios::Definition& scenario);

}  // namespace interleave::cli
