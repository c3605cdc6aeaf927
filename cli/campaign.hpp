// What search, sample and stress have in common: run scenarios one after the other, say what was found, and sum it up.
//
// One scenario is shown in full: its report, its outcomes, what it declares. Several are a table, with the failing schedules
// below it, and with the whole report of each one that is not as declared.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <interleave/interleave.hpp>

#include "command_line.hpp"
#include "result.hpp"
#include "selection.hpp"

namespace interleave::cli {

struct Campaign {
  std::string   strategy;
  std::uint64_t seed = 0;
  Goal          goal = Goal::whole;
  Selection     run, not_run;
  bool          replayable = true;   // failures can be replayed: not on real threads
  bool          independent = false; // executions are drawn independently of each other
  std::function<Report(const std::function<void()>& body, const Options&)> explore;
  std::function<Options(const scenarios::Definition&)> options;
};

// The line that stands before everything else, so that a crash leaves strategy and seed behind.
std::string first_line(std::string_view verb, std::string_view strategy, std::uint64_t seed);

ExitStatus carry_out(const Request& request, const Campaign& campaign);

}  // namespace interleave::cli
