#include "scheduler/report/report.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/phases.hpp"
#include "scheduler/api/step_text.hpp"
#include "scheduler/report/text_layout.hpp"

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
  if (report.failing > 1) how += fmt::format(", shortest of {} found", grouped(report.failing));

  constexpr std::string_view verdict = "FAILED";
  const auto after = kind_of(failure.kind) == FailureKind::incomplete ? "" : fmt::format(" after {}", counted(failure.step, "step"));
  const auto what = fmt::format("  {}   {}{}", clean(options.name), failure.kind, after);
  const auto painted = paint(verdict, Ink::red, options) + what;
  const auto width = verdict.size() + columns(what) + columns(how) + 5;
  if (width <= options.width) return {fmt::format("{}   [{}]", painted, how)};
  return {painted, fmt::format("  [{}]", how)};
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

Lines culprit_lines(const Failure& failure, const RenderOptions& options) {
  constexpr std::size_t shown_max = 8, who_max = 20, where_min = 16;
  auto rows = culprits(failure);
  const auto left_out = rows.size() - std::min(rows.size(), shown_max);
  rows.resize(rows.size() - left_out);
  std::size_t who = 0, what = 0;
  for (const auto& row : rows) {
    who = std::min(std::max(who, columns(row.who)), who_max);
    what = std::max(what, columns(row.what));
  }
  const std::size_t room = options.width - std::min(options.width, 2 + who + 2 + 2 + where_min);
  what = std::min(what, room);

  Lines lines;
  for (const auto& row : rows) {
    const auto place = clip_front(row.where, where_min + room - what);
    lines.push_back(trimmed(fmt::format("  {}  {}  {}", pad(clip(row.who, who), who), pad(clip(row.what, what), what), place)));
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

// ---- the table ------------------------------------------------------------------------------------------------------

constexpr std::size_t step_width = 6, gap = 2, cell_min = 14;

// The threads that made a step, in the order of their first.
std::vector<std::string> threads_of(const std::vector<TraceEvent>& trace) {
  std::vector<std::string> names;
  for (const auto& event : trace) {
    if (std::find(names.begin(), names.end(), event.thread) == names.end()) names.push_back(event.thread);
  }
  return names;
}

// In the order of creation where the report says it.
std::vector<std::string> threads_of(const Failure& failure) {
  auto names = threads_of(failure.trace);
  const auto position = [&](const std::string& name) {
    return std::find_if(failure.threads.begin(), failure.threads.end(),
                        [&](const ThreadState& thread) { return thread.name == name; });
  };
  std::stable_sort(names.begin(), names.end(),
                   [&](const std::string& a, const std::string& b) { return position(a) < position(b); });
  return names;
}

struct Column {
  std::string title;
  std::size_t width = 0;
};

// Takes from the widest until all fit, so that a short column is never shortened for the sake of a long one.
void fit(std::vector<Column>& list, std::size_t room) {
  const auto total = [&] {
    std::size_t sum = 0;
    for (const auto& column : list) sum += column.width + gap;
    return sum;
  };
  const auto narrower = [](const Column& a, const Column& b) { return a.width < b.width; };
  while (!list.empty() && total() > room) {
    const auto widest = std::max_element(list.begin(), list.end(), narrower);
    if (widest->width <= cell_min) return;
    --widest->width;
  }
}

// A table of steps: either one column per thread, or, where these would be too narrow to read, one column with the thread's
// name and one with what it does. The last column is always the place.
class Table {
 public:
  Table(const Failure& failure, const RenderOptions& options) : trace_(failure.trace), options_(options) {
    const auto threads = threads_of(failure);
    std::size_t where = 5;
    for (const auto& event : trace_) where = std::max(where, columns(event.location));
    const std::size_t room = options.width - step_width - gap;
    const auto least = [&](std::size_t cells) { return cells * (cell_min + gap); };
    per_thread_ = least(threads.size()) + std::min(where, room / 3) <= room;
    if (per_thread_) {
      for (const auto& thread : threads) columns_.push_back({clean(thread), columns(clean(thread))});
    } else {
      columns_ = {{"thread", 6}, {"operation", 9}};
    }
    for (const auto& event : trace_) widen(event);
    where_ = std::min({where, room / 2, room - least(columns_.size())});
    fit(columns_, room - where_);
  }

  Lines lines(std::size_t rows_max) const {
    Lines lines = {paint(heading(), Ink::dim, options_)};
    if (trace_.size() <= rows_max) {
      for (const auto& event : trace_) lines.push_back(line(event));
      return lines;
    }
    // The end explains more than the beginning. One line says what is missing.
    const std::size_t head = (rows_max - 1) / 3, tail = rows_max - 1 - head;
    for (std::size_t i = 0; i < head; ++i) lines.push_back(line(trace_[i]));
    lines.push_back(fmt::format("{:>{}}  {} left out", dots, step_width, counted(trace_.size() - head - tail, "step")));
    for (std::size_t i = trace_.size() - tail; i < trace_.size(); ++i) lines.push_back(line(trace_[i]));
    return lines;
  }

 private:
  static std::string what(const TraceEvent& event) { return clean(step_text(event)); }

  // Of an operation, its value and its object the first word can best be spared: the reader's own line says it, too.
  static std::string shortened(const std::string& text, std::size_t width) {
    constexpr std::size_t word_least = 6;
    const std::size_t rest = columns(text) - columns(text.substr(0, text.find(' ')));
    if (columns(text) <= width || rest + word_least > width) return text;
    return clip(text.substr(0, text.find(' ')), width - rest) + text.substr(text.find(' '));
  }

  std::size_t column_of(const TraceEvent& event) const {
    const auto has_title = [&](const Column& column) { return column.title == clean(event.thread); };
    return static_cast<std::size_t>(std::find_if(columns_.begin(), columns_.end(), has_title) - columns_.begin());
  }

  void widen(const TraceEvent& event) {
    const auto at_least = [](Column& column, std::string_view text) { column.width = std::max(column.width, columns(text)); };
    if (per_thread_) {
      at_least(columns_[column_of(event)], what(event));
    } else {
      at_least(columns_[0], clean(event.thread));
      at_least(columns_[1], what(event));
    }
  }

  std::string heading() const {
    std::string text = fmt::format("{:>{}}", "step", step_width);
    for (const auto& column : columns_) text += "  " + pad(clip(column.title, column.width), column.width);
    return text + "  where";
  }

  std::string line(const TraceEvent& event) const {
    Lines cells(columns_.size());
    if (per_thread_) {
      const std::size_t at = column_of(event);
      cells[at] = shortened(what(event), columns_[at].width);
    } else {
      cells = {clean(event.thread), shortened(what(event), columns_[1].width)};
    }
    std::string text = fmt::format("{:>{}}", event.step, step_width);
    for (std::size_t i = 0; i < cells.size(); ++i) text += "  " + pad(clip(cells[i], columns_[i].width), columns_[i].width);
    const auto place = clip_front(clean(event.location), where_);
    return place.empty() ? trimmed(text) : text + "  " + paint(place, Ink::dim, options_);
  }

  const std::vector<TraceEvent>& trace_;
  const RenderOptions& options_;
  std::vector<Column> columns_;
  std::size_t where_ = 0;
  bool per_thread_ = true;
};

// What the table's numbers stand for.
Lines object_lines(const Failure& failure, const RenderOptions& options) {
  constexpr std::size_t shown_max = 6;
  std::size_t width = 0;
  for (const auto& [name, known] : failure.objects) width = std::max(width, columns(name));
  Lines lines;
  for (const auto& [name, known] : failure.objects) {
    if (lines.size() == shown_max) {
      lines.push_back(fmt::format("  {}  and {}", pad(std::string(dots), width), counted(failure.objects.size() - shown_max, "more object")));
      break;
    }
    const std::size_t room = options.width - std::min(options.width, width + 4);
    lines.push_back(fmt::format("  {}  {}", pad(name, width), clip(clean(known), room)));
  }
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

RenderOptions render_scenario(std::string_view scenario) {
  RenderOptions options;
  options.name = scenario;
  options.replay_prefix = fmt::format("interleave replay {} --schedule ", scenario);
  options.debug_prefix = "INTERLEAVE_BREAK=1 gdb --args " + options.replay_prefix;
  options.seed_prefix = fmt::format("interleave replay {} --seed ", scenario);
  return options;
}

RenderOptions render_program(std::string_view name, std::string_view program) {
  RenderOptions options;
  options.name = name;
  options.replay_prefix = "INTERLEAVE_SCHEDULE=";
  options.replay_suffix = fmt::format(" {}", program);
  options.debug_prefix = "INTERLEAVE_SCHEDULE=";
  options.debug_suffix = fmt::format(" INTERLEAVE_BREAK=1 gdb --args {}", program);
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
  const Lines back = ways_back(failure, options);
  if (!failure.trace.empty()) {
    constexpr std::size_t rows_min = 6, around = 2;  // an empty line and the heading
    const Lines objects = object_lines(failure, options);
    const auto used = lines.size() + around + objects.size() + back.size();
    lines.emplace_back();
    append(lines, Table(failure, options).lines(std::max(rows_min, options.lines_max - std::min(options.lines_max, used))));
    append(lines, objects);
  }
  append(lines, back);
  return text_of(lines);
}

std::string report_text(const Report& report, const RenderOptions& options) {
  return report.failure ? failure_text(report, options) : pass_text(report, options);
}

}  // namespace interleave
