// What search, sample and stress have in common: run scenarios, one after the other or several at a time, and hand what was found to the
// writers, in the order of the plan.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <interleave/interleave.hpp>

#include "command_line.hpp"
#include "result.hpp"
#include "writer.hpp"

namespace interleave::cli {

struct Campaign {
  Plan plan;
  Goal goal = Goal::whole;
  bool several_at_once = true;  // scenarios do not disturb each other: not on real threads
  std::function<Report(const std::function<void()>& body, const Options&)> explore = {};
  std::function<Options(const scenarios::Definition&)> options = {};
};

// The part of a plan that every verb has. Which scenarios are run is left to the caller.
Plan plan_of(const Request& request, std::string strategy, std::uint64_t seed);

// The line that stands before everything else, so that a crash leaves strategy and seed behind.
std::string first_line(const Plan& plan);

// The user asked the command to end, and everything that was known has been written.
struct Interrupted {
  int signal;
};

// Throws Interrupted.
ExitStatus carry_out(const Request& request, const Campaign& campaign);

}  // namespace interleave::cli
