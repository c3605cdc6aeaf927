#include "scheduler/report/report.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/phases.hpp"
#include "scheduler/api/step_text.hpp"
#include "scheduler/report/how_found.hpp"
#include "scheduler/report/text_layout.hpp"
#include "scheduler/report/timeouts.hpp"
#include "scheduler/report/trace_table.hpp"

namespace interleave {
namespace {

using namespace lines;

// ---- the parts of a failure -----------------------------------------------------------------------------------------

// On one line if it fits, else with what was done to find it on a second.
Lines verdict_lines(const Report& report, const RenderOptions& options) {
  const Failure& failure = *report.failure;
  const auto& strategy = failure.strategy.empty() ? report.strategy : failure.strategy;
  std::string how = counted(report.executions, "execution");
  if (!strategy.empty()) how += ", " + strategy;
  if (failure.seed != 0) how += fmt::format(", seed {}", failure.seed);
  how = how_found(report, std::move(how));
  if (report.failing > 1) how += fmt::format(", shortest of {} found", grouped(report.failing));

  constexpr std::string_view verdict = "FAILED";
  const auto after = kind_of(failure.kind) == FailureKind::incomplete ? "" : fmt::format(" after {}", counted(failure.step, "step"));
  const auto what = fmt::format("  {}   {}{}", clean(options.name), failure.kind, after);
  const auto painted = paint(verdict, Ink::red, options) + what;
  const auto width = verdict.size() + columns(what) + columns(how) + 5;
  if (width <= options.width) return {fmt::format("{}   [{}]", painted, how)};
  Lines lines = {painted};
  if (verdict.size() + columns(what) > options.width) lines = {paint(verdict, Ink::red, options) + "  " + clean(options.name), fmt::format("  {}{}", failure.kind, after)};
  for (const std::string& line : wrapped(fmt::format("[{}]", how), options.width - 2)) lines.push_back("  " + line);
  return lines;
}

// What shrinking did, if it did something or could not do all.
Lines shrunk_lines(const Failure& failure, const RenderOptions& options) {
  if (!failure.shrunk) return {};
  const Shrunk& shrunk = *failure.shrunk;
  const bool smaller = shrunk.schedule != failure.schedule;
  std::string text;
  if (smaller)
    text = fmt::format("shrunk from {} and {} to {} and {}", counted(shrunk.steps, "step"), counted(shrunk.preemptions, "preemption"),
                       grouped(failure.step), grouped(shrunk.preemptions_left));
  if (smaller && shrunk.fewest_preemptions && shrunk.preemptions_left > 0) text += "; no schedule with fewer preemptions fails like this";
  if (!shrunk.ended_by.empty() && !shrunk.fewest_preemptions) text += (smaller ? "; perhaps not all of it: " : "perhaps not the shortest: ") + shrunk.ended_by;
  if (text.empty()) return {};
  Lines lines = wrapped(text, options.width - 2);
  for (auto& line : lines) line.insert(0, "  ");
  return lines;
}

bool is_stuck(const ThreadState& thread) { return is_stuck(phase_of(thread.state)); }
bool is_finished(const ThreadState& thread) { return phase_of(thread.state) == ThreadPhase::finished; }

// Neither stuck nor about to go on nor done: the thread that the engine blames.
bool is_blamed(const ThreadState& thread) {
  return !thread.state.empty() && phase_of(thread.state) != ThreadPhase::ready && !is_finished(thread) && !is_stuck(thread);
}

struct Row {
  std::string who, what, where;
};

Row row_of(const ThreadState& thread) {
  const std::string call = thread.call.empty() ? "" : thread.call + ":";
  // What it did last is no fault: the table has it, and the message says what is wrong.
  if (phase_of(thread.state) == ThreadPhase::failed)
    return {clean(thread.name), clean(thread.call.empty() ? "failed" : "failed in " + thread.call), clean(thread.location)};
  auto what = joined(joined(joined(is_stuck(thread) ? thread.state + " in" : thread.state, call), thread.operation), thread.object);
  if (!thread.holder.empty()) what += (thread.object.empty() ? " of " : ", held by ") + thread.holder;
  if (thread.daemon) what += " (daemon)";
  return {clean(thread.name), clean(what), clean(thread.location)};
}

// Where nobody can go on, those who wait; else whom the engine blames; else who made the last step.
std::vector<Row> culprits(const Failure& failure) {
  const bool nobody_goes_on = is_hang(kind_of(failure.kind));
  std::vector<Row> rows;
  for (const auto& thread : failure.threads) {
    if (nobody_goes_on ? !is_finished(thread) : is_blamed(thread)) rows.push_back(row_of(thread));
  }
  if (rows.empty() && !failure.trace.empty()) {
    const auto& step = failure.trace.back();
    rows.push_back({clean(step.thread), clean("last did: " + step_text(step)), clean(step.location)});
  }
  return rows;
}

// The places stand in a column as far as lines have room; else each on a line of its own.
Lines culprit_lines(const Failure& failure, const RenderOptions& options) {
  constexpr std::size_t shown_max = 8, who_max = 20;
  auto rows = culprits(failure);
  const auto left_out = rows.size() - std::min(rows.size(), shown_max);
  rows.resize(rows.size() - left_out);
  std::size_t who = 0, what = 0;
  for (const auto& row : rows) who = std::min(std::max(who, columns(row.who)), who_max);
  const std::size_t begin = 2 + who + 2;
  const auto fits = [&](const Row& row, std::size_t width) { return begin + width + 2 + columns(row.where) <= options.width; };
  for (const auto& row : rows)
    if (fits(row, columns(row.what))) what = std::max(what, columns(row.what));

  Lines lines;
  for (const auto& row : rows) {
    const bool beside = fits(row, columns(row.what));
    Lines text = wrapped(row.what, options.width - std::min(options.width - 8, begin));
    if (text.empty()) text.emplace_back();
    if (beside) text[0] = pad(std::move(text[0]), fits(row, what) ? what : columns(text[0])) + "  " + row.where;
    else if (!row.where.empty()) text.push_back("  " + clip_front(row.where, options.width - std::min(options.width - 8, begin + 2)));
    for (std::size_t i = 0; i < text.size(); ++i)
      lines.push_back(trimmed(fmt::format("  {}  {}", pad(i == 0 ? clip(row.who, who) : "", who), text[i])));
  }
  if (left_out > 0) lines.push_back(fmt::format("  ... and {}", counted(left_out, "more thread")));
  return lines;
}

Lines message_lines(const Failure& failure, const RenderOptions& options) {
  constexpr std::size_t shown_max = 10;
  Lines lines = wrapped(failure.message, options.width - 2);
  if (lines.size() > shown_max) {
    lines.resize(shown_max - 1);
    lines.emplace_back(dots);
  }
  for (auto& line : lines) line.insert(0, "  ");
  return lines;
}

// ---- below the table ------------------------------------------------------------------------------------------------

// What the table's numbers stand for.
Lines object_lines(const std::vector<std::pair<std::string, std::string>>& objects, const RenderOptions& options) {
  constexpr std::size_t shown_max = 6;
  std::size_t width = 0;
  for (const auto& [name, known] : objects) width = std::max(width, columns(name));
  Lines lines;
  for (const auto& [name, known] : objects) {
    if (lines.size() == shown_max) {
      lines.push_back(fmt::format("  {}  and {}", pad(std::string(dots), width), counted(objects.size() - shown_max, "more object")));
      break;
    }
    const std::size_t room = options.width - std::min(options.width, width + 4);
    lines.push_back(fmt::format("  {}  {}", pad(name, width), clip(clean(known), room)));
  }
  return lines;
}

// Those that a reader of these lines meets.
std::vector<std::pair<std::string, std::string>> objects_in(const Lines& lines, const Failure& failure) {
  const std::string text = text_of(lines);
  const auto met = [&](std::string_view name) {
    for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1))
      if (const char behind = text[at + name.size()]; behind < '0' || behind > '9') return true;  // "atomic 1" is not in "atomic 12"
    return false;
  };
  std::vector<std::pair<std::string, std::string>> objects;
  std::copy_if(failure.objects.begin(), failure.objects.end(), std::back_inserter(objects), [&](const auto& object) { return met(object.first); });
  return objects;
}

// What the failure hinges on beside the order of steps.
Lines timeout_lines(const Failure& failure, const RenderOptions& options) {
  Lines lines = wrapped(timeout_sentence(failure), options.width - 2);
  for (auto& line : lines) line.insert(0, "  ");
  return lines;
}

Lines ways_back(const Failure& failure, const RenderOptions& options) {
  Lines lines;
  const bool token = !failure.schedule.empty();
  if (token && !options.replay_prefix.empty()) {
    lines.push_back(fmt::format("  replay  {}{}{}", options.replay_prefix, failure.schedule, options.replay_suffix));
  }
  if (failure.seed != 0 && !options.seed_prefix.empty()) {
    lines.push_back(fmt::format("  {}  {}{} --strategy {}", lines.empty() ? "replay" : "or    ", options.seed_prefix,
                                failure.seed, failure.strategy));
  }
  if (token && !options.debug_prefix.empty()) {
    lines.push_back(fmt::format("  debug   {}{}{}", options.debug_prefix, failure.schedule, options.debug_suffix));
  }
  return lines;
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

TraceDetail trace_detail(std::string_view text, std::string_view from) {
  if (text == "short") return TraceDetail::brief;
  if (text == "calls") return TraceDetail::calls;
  if (text == "full") return TraceDetail::full;
  throw UsageError(fmt::format("{}={} makes no sense; use short, calls or full", from, text));
}

RenderOptions render_scenario(std::string_view scenario) {
  RenderOptions options;
  options.name = scenario;
  options.replay_prefix = fmt::format("interleave replay {} --schedule ", scenario);
  options.debug_prefix = "INTERLEAVE_BREAK=1 gdb --args " + options.replay_prefix;
  options.seed_prefix = fmt::format("interleave replay {} --seed ", scenario);
  options.trace_hint = "--trace full";
  return options;
}

RenderOptions render_program(std::string_view name, std::string_view program) {
  RenderOptions options;
  options.name = name;
  options.replay_prefix = "INTERLEAVE_SCHEDULE=";
  options.replay_suffix = fmt::format(" {}", program);
  options.debug_prefix = "INTERLEAVE_SCHEDULE=";
  options.debug_suffix = fmt::format(" INTERLEAVE_BREAK=1 gdb --args {}", program);
  options.trace_hint = "INTERLEAVE_TRACE=full";
  return options;
}

std::string failure_text(const Report& report, const RenderOptions& wanted) {
  assert(report.failure.has_value());
  const RenderOptions options = readable(wanted);
  const Failure& failure = *report.failure;
  Lines lines = verdict_lines(report, options);
  append(lines, shrunk_lines(failure, options));
  append(lines, culprit_lines(failure, options));
  append(lines, message_lines(failure, options));
  append(lines, timeout_lines(failure, options));
  const Lines back = ways_back(failure, options);
  if (!failure.trace.empty()) {
    constexpr std::size_t rows_min = 8, around = 2;  // an empty line and the heading
    const auto table_with = [&](std::size_t objects) {
      const auto used = lines.size() + around + objects + back.size();
      return trace_table(failure, options, std::max(rows_min, options.lines_max - std::min(options.lines_max, used)));
    };
    Lines objects = object_lines(failure.objects, options);
    TraceTable table = table_with(objects.size());
    if (!table.whole && options.trace != TraceDetail::full) {  // not all steps are shown, nor need all objects be
      Lines shown = lines;
      append(shown, table.lines);
      objects = object_lines(objects_in(shown, failure), options);
      const Lines hint = options.trace_hint.empty() ? Lines{} : Lines{fmt::format("  trace   all {}: {}", counted(failure.step, "step"), options.trace_hint)};
      table = table_with(objects.size() + hint.size());
      append(objects, hint);
    }
    lines.emplace_back();
    append(lines, table.lines);
    append(lines, objects);
  }
  append(lines, back);
  return text_of(lines);
}

std::string brief_failure_text(const Report& report, const RenderOptions& options) {
  std::string text = fmt::format("interleave: {}  ", clean(options.name));
  if (!report.failure) return text + clean(report.incomplete_reason) + "\n";
  const Failure& failure = *report.failure;
  text += failure.kind;
  if (!failure.schedule.empty() && !options.replay_prefix.empty())
    text += fmt::format(", to be replayed by {}{}{}", options.replay_prefix, failure.schedule, options.replay_suffix);
  return text + "\n";
}

std::string report_text(const Report& report, const RenderOptions& options) {
  return report.failure ? failure_text(report, options) : pass_text(report, options);
}

}  // namespace interleave
