// A report as a person reads it.
//
// A failure is at most one screen unless all of it is asked for, always in this order: the verdict; who is stuck or wrong and where; why; the
// table with one column per thread, and what its numbers stand for; the ways back. A pass is a claim followed by its limits, and no number is
// printed whose assumptions do not hold. Text in, text out: no clock, no terminal, no colour unless asked for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <interleave/interleave.hpp>

namespace interleave {

// How much of a failure's trace is shown (trace_table.hpp).
enum class TraceDetail {
  brief,  // one screen: all steps if they fit, else those next to the failure
  calls,  // all, but the steps of a call of a library in one row, and the same steps again and again in one
  full,   // every step
};

// Of "short", "calls", "full". Throws UsageError, which names the flag or variable `from`.
TraceDetail trace_detail(std::string_view text, std::string_view from);

struct RenderOptions {
  std::string name = {};        // of the scenario or check
  std::size_t width = 120;      // of a line, at least 40; the ways back are never cut
  std::size_t lines_max = 40;   // of a failure that is shown in brief; more only where its sentences and 8 rows of the table need them
  bool        color = false;

  // The executions were drawn independently, each from the same distribution: then a number of clean ones bounds the chance of
  // a failing one. Leave it false for strategies that learn, alternate or follow an order.
  bool independent = false;

  // A command that runs a failure again is prefix + token + suffix. An empty prefix leaves the line out.
  std::string replay_prefix = {}, replay_suffix = {};
  std::string debug_prefix = {}, debug_suffix = {};
  // The same for a failure that a sampler found: prefix + seed + " --strategy " + strategy.
  std::string seed_prefix = {};

  TraceDetail trace = TraceDetail::brief;
  std::string trace_hint = {};  // what to give to see every step; empty: nothing is said of it
};

// "1,234,567".
std::string grouped(std::uint64_t number);

// The ways back of a scenario of the `interleave` command.
RenderOptions render_scenario(std::string_view scenario);

// The ways back of a user's own test. `program` is its command line, quoted as a shell wants it.
RenderOptions render_program(std::string_view name, std::string_view program);

// REQUIRES: report.failure.
std::string failure_text(const Report& report, const RenderOptions& options);

// The kind of failure and the way back, in a line that ends with a line break; where the report itself is shown elsewhere.
std::string brief_failure_text(const Report& report, const RenderOptions& options);

// What was shown, and its limits: of a report that passed, or was left incomplete.
std::string pass_text(const Report& report, const RenderOptions& options);

// The same in one line, with a second one where something was not seen, trusted or suppressed: what `explore` and `check` print. Each ends
// with a line break. REQUIRES: the verdict is pass.
std::string brief_pass_text(const Report& report, const RenderOptions& options);

// Why a pass is not `complete`, and what would make it so. REQUIRES: no execution failed, and it is not complete.
std::string why_not_complete(const Report& report);

// Whichever of pass_text and failure_text fits the verdict.
std::string report_text(const Report& report, const RenderOptions& options);

}  // namespace interleave
