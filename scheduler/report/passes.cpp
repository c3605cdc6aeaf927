// The texts of a pass: a claim, followed by what it rests on and by its limits.
#include "scheduler/report/report.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "scheduler/report/confidence.hpp"
#include "scheduler/report/text_layout.hpp"

namespace interleave {
namespace {

using namespace lines;

// How far a pass goes.
enum class Reach {
  proved,    // every schedule
  not_seen,  // every schedule, but not all that happened was seen, or not all that was found counts
  bounded,   // every schedule within a bound
  replayed,  // one schedule
  sampled,   // some
};

Reach reach_of(const Report& report) {
  if (report.complete) return Reach::proved;
  if (report.whole) return Reach::not_seen;
  if (!report.covered.empty()) return Reach::bounded;
  return report.strategy == "replay" ? Reach::replayed : Reach::sampled;
}

std::uint64_t findings_suppressed(const Report& report) {
  std::uint64_t sum = 0;
  for (const Suppression& each : report.suppressions) sum += each.count;
  return sum;
}

std::string facts(const Report& report) {
  std::string text = fmt::format("at most {}, longest {}", counted(report.threads_most, "thread"),
                                 counted(report.steps_longest, "step"));
  if (report.redundant > 0) text += fmt::format(", {} begun in vain", grouped(report.redundant));
  text += report.cut == 0 ? ", none cut short" : fmt::format(", {} cut short by a limit", grouped(report.cut));
  return text;
}

std::string outcomes(const Report& report) {
  constexpr std::size_t shown_max = 8;
  Lines shown;
  for (const auto& [value, count] : report.outcomes) {
    if (shown.size() == shown_max) break;
    shown.push_back(fmt::format("\"{}\" ({})", clean(value), grouped(count)));
  }
  const auto left_out = report.outcomes.size() - shown.size();
  return fmt::format("{}{}", fmt::join(shown, ", "), left_out > 0 ? fmt::format(" and {} more", left_out) : "");
}

// The patterns that set findings aside, and how many each.
Lines used_suppressions(const Report& report) {
  Lines list;
  for (const Suppression& each : report.suppressions)
    if (each.count > 0) list.push_back(fmt::format("{} ({})", clean(each.pattern), grouped(each.count)));
  return list;
}

Lines unused_suppressions(const Report& report) {
  Lines list;
  for (const Suppression& each : report.suppressions)
    if (each.count == 0) list.push_back(clean(each.pattern));
  return list;
}

void add(Lines& lines, std::string_view label, std::string_view text, const RenderOptions& options) {
  constexpr std::size_t label_width = 11, indent = 2 + label_width;
  const auto parts = wrapped(text, options.width - indent);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    lines.push_back(fmt::format("  {:<{}}{}", i == 0 ? label : "", label_width, parts[i]));
  }
}

void add_each(Lines& lines, std::string_view label, const Lines& list, const RenderOptions& options) {
  constexpr std::size_t shown_max = 8;
  for (std::size_t i = 0; i < std::min(list.size(), shown_max); ++i) add(lines, i == 0 ? label : "", list[i], options);
  if (list.size() > shown_max) add(lines, "", fmt::format("and {} more", list.size() - shown_max), options);
}

void add_basis(Lines& lines, const Report& report, const RenderOptions& options) {
  add_each(lines, "not seen", report.unseen, options);
  add_each(lines, "trusted", report.trusted, options);
  add_each(lines, "suppressed", used_suppressions(report), options);
  add_each(lines, "unused", unused_suppressions(report), options);
}

// ---- in a line ------------------------------------------------------------------------------------------------------

constexpr std::size_t brief_columns = 160;

std::string all_executions(const Report& report) {
  return report.executions == 1 ? "the only execution passes" : fmt::format("all {} pass", counted(report.executions, "execution"));
}

std::string claim(const Report& report, const RenderOptions& options) {
  constexpr std::uint64_t rule_of_three_least = 30;
  const auto how = report.strategy.empty() ? "" : fmt::format(" ({}{})", report.strategy, report.seed != 0 ? fmt::format(", seed {}", report.seed) : "");
  switch (reach_of(report)) {
    case Reach::proved: return "proved: " + all_executions(report);
    case Reach::not_seen:
      return fmt::format("not proved: {}, but {}", all_executions(report),
                         report.unseen.empty() ? counted(findings_suppressed(report), "finding") + " suppressed" : "not all of it was seen");
    case Reach::bounded: return fmt::format("bounded: {} pass: {}", counted(report.executions, "execution"), clean(report.covered));
    case Reach::replayed: return "replayed: this execution passes, and no other was run";
    case Reach::sampled: break;
  }
  const bool number = options.independent && report.executions >= rule_of_three_least;
  return fmt::format("sampled: {}{}, none fails; this proves nothing{}", counted(report.executions, "execution"), how,
                     number ? fmt::format(" (95 %: fewer than 1 in {} fails)", grouped(report.executions / 3)) : "");
}

// As many of `list` as leave the line within its columns, but at least one, and the number of the others.
std::string listed(const Lines& list, std::string_view between, std::size_t used) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string item = clean(list[i]);
    if (i > 0 && used + columns(text) + columns(item) > brief_columns) return fmt::format("{}{}{} more", text, between, list.size() - i);
    text += (i == 0 ? "" : std::string(between)) + item;
  }
  return text;
}

}  // namespace

std::string pass_text(const Report& report, const RenderOptions& wanted) {
  const RenderOptions options = readable(wanted);
  const bool passed = report.verdict == Verdict::pass;
  const auto verdict = passed ? paint("PASSED", Ink::green, options) : paint("INCOMPLETE", Ink::yellow, options);
  Lines lines = {fmt::format("{}  {}", verdict, clean(options.name))};
  const auto executions = counted(report.executions, "execution");
  const auto by = report.strategy.empty() ? "" : fmt::format(" ({})", report.strategy);
  if (passed && report.complete) {
    add(lines, "proved", fmt::format("no schedule fails: all {}{}, {}", executions, by, facts(report)), options);
    add_each(lines, "assumes", report.assumed, options);
    add_basis(lines, report, options);
  } else {
    const auto seed = report.seed != 0 ? fmt::format(", seed {}", report.seed) : "";
    const bool whole = passed && report.whole;
    add(lines, "explored", fmt::format("{}{}{}{}, none failed; {}", whole ? "all " : "", executions, by, whole ? "" : seed, facts(report)), options);
    if (!report.incomplete_reason.empty()) add(lines, "stopped", report.incomplete_reason, options);
    if (!report.estimate.empty()) add(lines, "in all", report.estimate, options);
    for (const std::string& sentence : confidence(report, options.independent)) add(lines, "confidence", sentence, options);
    if (whole || !report.covered.empty()) add_each(lines, "assumes", report.assumed, options);
    add_basis(lines, report, options);
    add(lines, "not shown", whole ? "that nothing is wrong in what was not seen, or was suppressed" : "that no other schedule fails", options);
  }
  if (report.drawn_executions > 0)
    add(lines, "drawn", fmt::format("beside the search: {} by auto, seed {}; none failed", counted(report.drawn_executions, "execution"), report.drawn_seed), options);
  if (report.past_executions > 0) add(lines, "past", fmt::format("executed first: {}; none failed", counted(report.past_executions, "past failure")), options);
  if (!report.outcomes.empty()) add(lines, "outcomes", outcomes(report), options);
  return text_of(lines);
}

std::string brief_pass_text(const Report& report, const RenderOptions& options) {
  assert(report.verdict == Verdict::pass);
  const std::string head = fmt::format("interleave: {}  ", clean(options.name));
  std::string line = head + claim(report, options);
  const Reach reach = reach_of(report);
  if (!report.assumed.empty() && reach != Reach::sampled && reach != Reach::replayed) {
    line += "  (assumes ";
    line += listed(report.assumed, "; and ", columns(line)) + ")";
  }
  Lines limits;
  const auto limit = [&](std::string_view label, const Lines& list) {
    if (!list.empty()) limits.push_back(fmt::format("{}: {}", label, listed(list, "; ", columns(head) + label.size() + 2)));
  };
  limit("not seen", report.unseen);
  limit("suppressed", used_suppressions(report));
  limit("trusted", report.trusted);
  line += '\n';
  return limits.empty() ? line : fmt::format("{}{}{}\n", line, head, fmt::join(limits, "  "));
}

std::string why_not_complete(const Report& report) {
  assert(!report.complete);
  switch (reach_of(report)) {
    case Reach::proved: return {};
    case Reach::not_seen:
      if (report.unseen.empty())
        return fmt::format("{} suppressed ({}): mend what was found, and take its line out of the file of suppressions",
                           counted(findings_suppressed(report), "finding") + (findings_suppressed(report) == 1 ? " was" : " were"),
                           fmt::join(used_suppressions(report), ", "));
      return fmt::format("{}: compile code that is not instrumented with -fsanitize=thread, or confirm it as harmless (INTERLEAVE_TRUST); keep reads of other values out of the body", listed(report.unseen, "; ", 0));
    case Reach::bounded: return fmt::format("it covers {}: search without a bound, by dpor, or make the body smaller", report.covered);
    case Reach::replayed: return "one given schedule was run and no other: leave out the schedule to have all of them searched";
    case Reach::sampled: break;
  }
  return fmt::format("{} drawn by {}, which proves nothing: search by dpor, make the body smaller, or raise INTERLEAVE_SEARCH_TIME",
                     counted(report.executions, "execution") + (report.executions == 1 ? " was" : " were"), report.strategy);
}

}  // namespace interleave
