// What an attempt at an exploration says when its executions have ended: the verdict, what it covers, and what is missing.
#include "scheduler/explore/explorer.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/checker_registry.hpp"
#include "scheduler/report/report.hpp"

namespace interleave::engine {
namespace {

bool sees_everything(const Report& report) {
  return report.unseen.empty() && std::all_of(report.suppressions.begin(), report.suppressions.end(), [](const Suppression& each) { return each.count == 0; });
}

}  // namespace

// The verdict, what it covers, and what is missing.
void Explorer::conclude(bool exhausted) {
  tally_.tell(report_);
  report_.drawn_executions = learnt_.drawn;
  report_.drawn_seed = learnt_.drawn > 0 ? options_.seed : 0;
  if (shortest_ && report_.failing == 0) report_.failing = 1;  // that was drawn
  const bool counted = tally_.rounds > 0 && !learnt_.counters->none();
  Coverage coverage = strategy_->coverage();
  const bool whole = exhausted && coverage.complete && tally_.cut == 0;
  hooks::Basis::tell_all(report_);
  report_.whole = whole && !counted;
  report_.complete = report_.whole && sees_everything(report_);
  // Of an execution that was cut it is not known what would have come.
  report_.covered = report_.complete || tally_.cut > 0 ? "" : whole && counted ? covered_by_counting() : std::move(coverage.statement);
  report_.seconds = std::chrono::duration<double>(Limits::Clock::now() - learnt_.start).count();
  // Where every execution only came back to where it had been but for its counters, nothing was shown of how they end.
  const bool nothing_ended = whole && counted && tally_.executions == 0;
  if (std::string reason = why_incomplete(nothing_ended); !reason.empty()) report_.incomplete_reason = std::move(reason);
  const bool goal_missed = tally_.cut > 0 || nothing_ended || interrupted_ || (traits_.ends && !exhausted);
  report_.verdict = shortest_ ? Verdict::fail : goal_missed ? Verdict::incomplete : Verdict::pass;
  // A search that went on after a failure may be incomplete as well; one that stopped at the first says so by its verdict.
  if (report_.verdict == Verdict::pass || (shortest_ && options_.stop_at_first_failure)) report_.incomplete_reason.clear();
  if (!exhausted && traits_.ends && !replaying_ && report_.verdict == Verdict::incomplete) report_.estimate = what_makes_it_large();
  if (shortest_) report_.failure = explain(*shortest_);
  if (report_.failure) report_.failure->message += doubt(report_.failure->kind);
}

// Which executions there are of which it is not known what would have come; empty: none.
std::string Explorer::why_incomplete(bool nothing_ended) {
  const auto executions = [](std::uint64_t n, const char* one, const char* more) { return n == 1 ? std::string("1 execution") + one : fmt::format("{} executions{}", n, more); };
  if (nothing_ended)
    return fmt::format("no execution came to its end within {} steps (INTERLEAVE_STEPS or Options::steps_max sets another limit), for a loop that counts its rounds",
                       grouped(options_.steps_max));
  if (tally_.missing_writes > 0)
    return fmt::format("{} with a thread that waits for a plain write, which is not seen where races are ignored, the first one at {}: explore them, or search by dfs",
                       executions(tally_.missing_writes, " ended", " ended"), place_of_cut(*first_cut_));
  if (tally_.undecided > 0 && learnt_.counters->none())
    return fmt::format("{} been, the first one at {}, and whether threads go round for ever is not known",
                       executions(tally_.undecided, " came back to where it had", " came back to where they had"), place_of_cut(*first_cut_));
  if (tally_.cut > 0)
    return fmt::format("{} cut at the limit of {} steps, the first one at {}{} (INTERLEAVE_STEPS or Options::steps_max sets another)",
                       executions(tally_.cut, " was", " were"), grouped(options_.steps_max), place_of_cut(*first_cut_),
                       tally_.undecided > 0 ? ", in a loop that counts its rounds" : "");
  return {};
}

// Code that was not seen may be the cause of such a failure.
std::string Explorer::doubt(const std::string& kind) const {
  const FailureKind its = kind_of(kind);
  if (!is_hang(its) && its != FailureKind::nondeterminism && its != FailureKind::data_race) return {};
  if (!report_.unseen.empty()) {
    const std::string& first = report_.unseen.front();
    return fmt::format("; perhaps because of what was not seen: {}{}", first,
                       first.find("(not instrumented)") != first.npos ? " (compile all code that runs in the body with -fsanitize=thread)" : "");
  }
  if (!report_.trusted.empty())
    return fmt::format("; perhaps because of what is trusted: {}. If it locks or waits, do not trust it", report_.trusted.front());
  return {};
}

}  // namespace interleave::engine
