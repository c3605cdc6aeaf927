#include "scheduler/report/trace_table.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include <interleave/scheduler/observer.hpp>
#include "scheduler/api/step_text.hpp"
#include "scheduler/report/relevance.hpp"
#include "scheduler/report/text_layout.hpp"

namespace interleave {
namespace {

using namespace lines;

constexpr std::size_t gap = 2;

// ---- rows -----------------------------------------------------------------------------------------------------------

// Events that one row stands for, next to each other in the trace.
struct Row {
  enum Kind : std::uint8_t { step, call, rounds, left_out };
  Kind kind = step;
  std::size_t first = 0, last = 0;
  std::uint32_t distance = 0;
  std::size_t period = 1, times = 1;  // of rounds: rows in one, and how many there are
  std::string text = {}, place = {};
};

// "future.get" of the standard library, "Event::wait" of the primitives.
bool is_standard(const std::string& call) { return call.find("::") == call.npos && !call.empty(); }

std::string text_of(const TraceEvent& event) {
  const std::string step = step_text(event);
  return clean(is_standard(event.call) && event.does != OperationClass::note ? fmt::format("{}: {}", event.call, step) : step);
}

// The caller's place, if the event is inside of a primitive.
std::string_view outer_place(const TraceEvent& event) {
  const std::string_view place = event.location;
  const auto arrow = place.rfind(" <- ");
  return arrow == place.npos ? place : place.substr(arrow + 4);
}

// The operation without values and without how it ended.
std::string_view kind_of(const TraceEvent& event) {
  std::string_view text = event.operation;
  for (const std::string_view end : {" ->", " <-", " ("}) text = text.substr(0, text.find(end));
  return event.does == OperationClass::note ? "note" : text;
}

class Rows {
 public:
  // `room`: columns for the line that tells of steps that are left out.
  Rows(const Failure& failure, bool steps_next_to_the_failure_stay, std::size_t room)
      : trace_(failure.trace), keeps_near_(steps_next_to_the_failure_stay), room_(room) {
    if (keeps_near_) distance_ = distances_from_failure(failure);
    else distance_.assign(trace_.size(), 0);
  }

  std::vector<Row> steps() const {
    std::vector<Row> rows(trace_.size());
    for (std::size_t i = 0; i < trace_.size(); ++i)
      rows[i] = {.first = i, .last = i, .distance = distance_[i], .text = text_of(trace_[i]), .place = clean(trace_[i].location)};
    return rows;
  }

  // Each call of a library in one row, as far as no other thread makes a step in between.
  std::vector<Row> calls(std::vector<Row> rows) const {
    std::vector<Row> merged;
    for (Row& row : rows) {
      const TraceEvent& event = trace_[row.first];
      if (!merged.empty() && same_call(merged.back(), row)) {
        Row& call = merged.back();
        call.kind = Row::call;
        call.last = row.last;
        call.distance = std::min(call.distance, row.distance);
        call.text = clean(fmt::format("{}{}, {}", event.call, is_standard(event.call) ? "" : "()", counted(call.last - call.first + 1, "step")));
        call.place = clean(outer_place(trace_[call.first]));
      } else {
        merged.push_back(std::move(row));
      }
    }
    return merged;
  }

  // Rows of one thread that come again at once.
  std::vector<Row> rounds(std::vector<Row> rows) const {
    constexpr std::size_t period_most = 8, times_least = 3;
    std::unordered_map<std::string, std::size_t> numbers;
    std::vector<std::size_t> number(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      number[i] = numbers.try_emplace(trace_[rows[i].first].thread + '\n' + without_values(rows[i]) + '\n' + rows[i].place, numbers.size()).first->second;
    std::vector<Row> folded;
    for (std::size_t i = 0; i < rows.size();) {
      std::size_t period = 1, times = 1;
      for (std::size_t p = 1; p <= period_most && times < times_least; ++p) {
        std::size_t end = i;
        while (end + p < rows.size() && number[end] == number[end + p] && trace_[rows[end].first].thread == trace_[rows[i].first].thread &&
               !stays(rows[end]) && !stays(rows[end + p]))
          ++end;
        period = p;
        times = (end - i) / p + 1;
      }
      const std::size_t behind = i + period * times;
      if (times < times_least || !of_one_thread(rows, i, behind)) {
        folded.push_back(std::move(rows[i++]));
        continue;
      }
      Row round{.kind = Row::rounds, .first = rows[i].first, .last = rows[behind - 1].last, .distance = independent, .period = period, .times = times,
                .place = rows[i].place};
      for (std::size_t at = i; at < behind; ++at) round.distance = std::min(round.distance, rows[at].distance);
      bool same = true;
      for (std::size_t at = i + period; at < behind; ++at) same = same && rows[at].text == rows[at - period].text;
      round.text = period == 1 ? fmt::format("{} x  ", times) : fmt::format("{} rounds of  ", times);
      for (std::size_t at = behind - period; at < behind; ++at) round.text += (at == behind - period ? "" : ";  ") + rows[at].text;
      if (!same) round.text += " at last";
      folded.push_back(std::move(round));
      i = behind;
    }
    return folded;
  }

  // The rows that are nearest to the failure and fit, and the others folded. A row that is left out between two that are not costs as much as it saves.
  std::vector<Row> nearest(std::vector<Row> rows, std::size_t lines_max) const {
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return rows[a].distance != rows[b].distance ? rows[a].distance < rows[b].distance : a > b;
    });
    std::vector<bool> shown(rows.size());
    std::size_t used = rows.empty() ? 0 : 1;  // lines: at first, one that stands for everything
    for (const std::size_t at : order) {
      if (rows[at].distance == independent) break;
      const bool joins_before = at == 0 || shown[at - 1], joins_behind = at + 1 == rows.size() || shown[at + 1];
      const std::size_t more = joins_before && joins_behind ? 0 : joins_before || joins_behind ? 1 : 2;
      if (used + more > lines_max) continue;
      used += more;
      shown[at] = true;
    }
    std::vector<Row> kept;
    for (std::size_t i = 0; i < rows.size();) {
      if (shown[i]) {
        kept.push_back(std::move(rows[i++]));
        continue;
      }
      std::size_t end = i;
      while (end < rows.size() && !shown[end]) ++end;
      if (end - i == 1) kept.push_back(std::move(rows[i]));
      else kept.push_back(left_out(rows[i].first, rows[end - 1].last));
      i = end;
    }
    return kept;
  }

 private:
  // What the same line of a loop has in common.
  std::string without_values(const Row& row) const {
    const TraceEvent& event = trace_[row.first];
    return row.kind == Row::call ? row.text : std::string(interleave::kind_of(event)) + '\n' + event.object + '\n' + event.call;
  }

  bool stays(const Row& row) const { return keeps_near_ && row.distance == 0; }

  bool same_call(const Row& call, const Row& row) const {
    const TraceEvent &before = trace_[call.last], &event = trace_[row.first];
    return !event.call.empty() && event.call == before.call && event.thread == before.thread && event.does != OperationClass::note &&
           before.does != OperationClass::note && outer_place(event) == outer_place(before) && !stays(call) && !stays(row);
  }

  bool of_one_thread(const std::vector<Row>& rows, std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i)
      if (trace_[rows[i].first].thread != trace_[rows[begin].first].thread || stays(rows[i])) return false;
    return true;
  }

  // "14 steps that the failure does not depend on: T1 9 load; T2 5 mutex lock".
  Row left_out(std::size_t first, std::size_t last) const {
    Row row;
    for (const std::size_t kinds_most : {std::size_t{3}, std::size_t{1}, std::size_t{0}}) {
      row = left_out(first, last, kinds_most);
      if (columns(row.text) <= room_) break;
    }
    return row;
  }
  Row left_out(std::size_t first, std::size_t last, std::size_t kinds_most) const {
    std::vector<std::pair<std::string_view, std::vector<std::pair<std::string_view, std::size_t>>>> threads;
    std::unordered_map<std::string_view, std::size_t> number_of;
    std::size_t without = 0, steps = 0;
    for (std::size_t i = first; i <= last; ++i) {
      ++steps;
      without += distance_[i] == independent;
      const auto [known, fresh] = number_of.try_emplace(trace_[i].thread, threads.size());
      if (fresh) threads.push_back({trace_[i].thread, {}});
      auto& kinds = threads[known->second].second;
      const std::string_view kind = interleave::kind_of(trace_[i]);
      const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const auto& each) { return each.first == kind; });
      if (same == kinds.end()) kinds.emplace_back(kind, 1);
      else ++same->second;
    }
    Row row{.kind = Row::left_out, .first = first, .last = last, .distance = 0};
    row.text = without == steps ? fmt::format("{} that the failure does not depend on", counted(steps, "step"))
               : without == 0   ? fmt::format("{} left out", counted(steps, "step"))
                                : fmt::format("{} left out, on {} of which the failure does not depend", counted(steps, "step"), grouped(without));
    // Threads that did the same are told of together.
    std::vector<std::pair<std::string, std::vector<std::string_view>>> told;
    for (auto& [thread, kinds] : threads) {
      std::stable_sort(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
      std::string did;
      std::size_t rest = 0;
      for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (i >= kinds_most) rest += kinds[i].second;
        else did += fmt::format("{}{} {}", did.empty() ? "" : ", ", grouped(kinds[i].second), kinds[i].first);
      }
      if (rest > 0) did += did.empty() ? grouped(rest) : fmt::format(", {} other", grouped(rest));
      const auto same = std::find_if(told.begin(), told.end(), [&](const auto& each) { return each.first == did; });
      if (same == told.end()) told.push_back({std::move(did), {thread}});
      else same->second.push_back(thread);
    }
    std::string separator = ":  ";
    for (const auto& [did, who] : told) {
      row.text += separator + (who.size() == 1   ? fmt::format("{} {}", who.front(), did)
                               : who.size() == 2 ? fmt::format("{} and {} {} each", who.front(), who.back(), did)
                                                 : fmt::format("{} threads, from {} to {}, {} each", who.size(), who.front(), who.back(), did));
      separator = ";  ";
    }
    row.text = clean(row.text);
    return row;
  }

  const std::vector<TraceEvent>& trace_;
  const bool keeps_near_;
  const std::size_t room_;
  std::vector<std::uint32_t> distance_;
};

// ---- layout ---------------------------------------------------------------------------------------------------------

// Only one cell of a row is filled, so a cell may reach into the columns to the right of its own: where there is little room, columns begin
// closer to each other than their cells are wide.
class Layout {
 public:
  Layout(const Failure& failure, const std::vector<Row>& rows, const RenderOptions& options)
      : failure_(failure), options_(options) {
    constexpr std::size_t numbers_longest = 9;  // "1234-5678"; of more, the first
    for (const Row& row : rows) {
      step_width_ = std::max(step_width_, fmt::formatted_size("{}", failure.trace[row.first].step));
      const std::size_t range = numbers_of(row).size();
      if (row.kind != Row::left_out && range <= numbers_longest) step_width_ = std::max(step_width_, range);
    }
    find_threads(rows);
    std::vector<std::size_t> cells(threads_.size());
    std::size_t where = std::string_view("where").size(), part = where, widest = 9;
    for (const Row& row : rows) {
      if (row.kind == Row::left_out) continue;
      std::size_t& cell = cells[column_of(row)];
      cell = std::max(cell, columns(row.text));
      widest = std::max(widest, columns(row.text));
      where = std::max(where, columns(row.place));
      for (const std::string& each : parts_of(row.place)) part = std::max(part, columns(each));
    }
    per_thread_ = place_columns(cells, where) || place_columns(cells, part);
    if (per_thread_) return;
    constexpr std::size_t name_most = 20, narrow = 60;
    if (options.width < narrow) {  // "T1: load -> 0 x"
      begin_ = {cells_begin()};
      where_ = options.width;
      return;
    }
    std::size_t name = std::string_view("thread").size();
    for (const std::string& thread : threads_) name = std::max(name, columns(thread));
    name_width_ = std::min({name, name_most, options.width / 4});
    begin_ = {cells_begin() + name_width_ + gap};
    where_ = begin_[0] + widest + gap;
    if (where_ + where > options.width)
      where_ = std::max(begin_[0] + 16, options.width - std::min(where <= options.width * 2 / 5 ? where : part, options.width * 2 / 5));
  }

  std::string heading() const {
    std::string text = fmt::format("{:>{}}", "step", step_width_);
    if (!per_thread_) {
      text = name_width_ == 0 ? text + "  thread: operation, and where" : pad(pad(text + "  thread", begin_[0]) + "operation", where_);
    } else {
      for (std::size_t i = 0; i < threads_.size(); ++i) {
        const std::size_t end = i + 1 < threads_.size() ? begin_[i + 1] : where_;
        text = pad(text, begin_[i]) + clip(threads_[i], end - std::min(end, begin_[i] + 1));
      }
      text = pad(text, where_);
    }
    return columns(text) + 5 <= options_.width && (per_thread_ || name_width_ > 0) ? text + "where" : trimmed(text);
  }

  Lines lines_of(const Row& row) const {
    if (row.kind == Row::left_out) {
      const std::size_t room = options_.width - cells_begin();
      return {fmt::format("{:>{}}  {}", dots, step_width_, clip(row.text, room))};
    }
    const std::size_t begin = per_thread_ ? begin_[column_of(row)] : begin_[0];
    const std::string& thread = failure_.trace[row.first].thread;
    const std::string cell = per_thread_ || name_width_ > 0 ? row.text : clean(thread) + ": " + row.text;
    const std::size_t width = columns(cell), place = columns(row.place);
    // The place stands in its column; behind a longer cell, if both fit on a line; else on lines of its own.
    const std::size_t cell_room = where_ - std::min(where_, gap + begin), place_room = options_.width - where_;
    Lines places = place <= place_room ? Lines{row.place} : parts_of(row.place);
    const bool in_column = std::all_of(places.begin(), places.end(), [&](const auto& part) { return columns(part) <= place_room; });
    const bool behind = (width > cell_room || !in_column) && begin + width + gap + place <= options_.width;
    const bool below = !behind && !in_column;
    if (behind) places = {row.place};
    const std::size_t room = behind ? width : below ? options_.width - begin : cell_room;
    Lines lines = wrapped(cell, std::max<std::size_t>(room, 8));
    if (!below) lines.resize(std::max(lines.size(), places.size()));
    const std::size_t where = behind ? std::min(std::max(where_, begin + width + gap), options_.width - place) : where_;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::string text = i == 0 ? pad(number_of(row), cells_begin()) : "";
      if (!per_thread_ && i == 0) text += pad(clip(clean(thread), name_width_), name_width_);
      text = pad(std::move(text), begin) + lines[i];
      if (!below && i < places.size() && !places[i].empty()) text = pad(std::move(text), where) + paint(places[i], Ink::dim, options_);
      lines[i] = trimmed(std::move(text));
    }
    if (below && place > 0) {
      const std::size_t at = std::min(begin + gap, options_.width - std::min(options_.width, std::max<std::size_t>(place, 16)));
      lines.push_back(std::string(at, ' ') + paint(clip_front(row.place, options_.width - at), Ink::dim, options_));
    }
    return lines;
  }

 private:
  // "event.hpp:41 <- my_test.cpp:27": two lines.
  static Lines parts_of(const std::string& place) {
    const auto arrow = place.find(" <- ");
    return arrow == place.npos ? Lines{place} : Lines{place.substr(0, arrow), place.substr(arrow + 1)};
  }

  // Those with a row, in order of creation where the report says it, else in the order of their first.
  void find_threads(const std::vector<Row>& rows) {
    std::unordered_map<std::string_view, std::size_t> created;
    for (const ThreadState& thread : failure_.threads) created.try_emplace(thread.name, created.size());
    std::vector<std::string_view> names;
    std::unordered_map<std::string_view, bool> known;
    for (const Row& row : rows)
      if (row.kind != Row::left_out && known.try_emplace(failure_.trace[row.first].thread, true).second) names.push_back(failure_.trace[row.first].thread);
    const auto position = [&](std::string_view name) {
      const auto at = created.find(name);
      return at == created.end() ? created.size() : at->second;
    };
    std::stable_sort(names.begin(), names.end(), [&](std::string_view a, std::string_view b) { return position(a) < position(b); });
    for (const std::string_view name : names) {
      numbers_.emplace(name, threads_.size());
      threads_.push_back(clean(name));
    }
  }

  std::size_t column_of(const Row& row) const { return numbers_.find(failure_.trace[row.first].thread)->second; }

  // An access that is no step has no number.
  std::string number_of(const Row& row) const {
    const TraceEvent& event = failure_.trace[row.first];
    const std::size_t before = row.first == 0 ? 0 : failure_.trace[row.first - 1].step;
    if (event.does != OperationClass::note && event.step == before) return "";
    const std::string all = numbers_of(row);
    return fmt::format("{:>{}}", all.size() <= step_width_ ? all : fmt::format("{}", event.step), step_width_);
  }
  std::string numbers_of(const Row& row) const {
    const std::size_t first = failure_.trace[row.first].step, last = failure_.trace[row.last].step;
    return last > first ? fmt::format("{}-{}", first, last) : fmt::format("{}", first);
  }

  // False: there is too little room for a column per thread.
  bool place_columns(const std::vector<std::size_t>& cells, std::size_t where) {
    constexpr std::size_t title_least = 6, cell_longest = 44;
    const std::size_t n = threads_.size();
    std::vector<std::size_t> wanted(n);
    std::size_t at = cells_begin();
    for (std::size_t i = 0; i < n; ++i) {
      wanted[i] = at;
      at += std::max(cells[i], columns(threads_[i])) + gap;
    }
    begin_ = wanted;
    where_ = at;
    if (where_ + where <= options_.width) return true;
    if (where > options_.width * 2 / 5) return false;
    for (const std::size_t cell_most : {options_.width, cell_longest}) {
      where_ = std::min(at, options_.width - where);
      std::size_t next = where_;
      bool fits = true;
      for (std::size_t i = n; i-- > 0 && fits;) {
        const std::size_t needed = std::max(std::min(cells[i], cell_most), std::min(columns(threads_[i]), title_least)) + gap;
        const std::size_t title = std::min(columns(threads_[i]), title_least) + gap;
        fits = where_ >= cells_begin() + needed && next >= cells_begin() + title;
        if (fits) begin_[i] = std::min({wanted[i], where_ - needed, next - title});
        next = begin_[i];
        fits = fits && next >= cells_begin() + i * (2 + gap);
      }
      if (fits) return true;
    }
    return false;
  }

  std::size_t cells_begin() const { return step_width_ + gap; }

  const Failure& failure_;
  const RenderOptions& options_;
  std::size_t step_width_ = 6;
  std::vector<std::string> threads_;
  std::unordered_map<std::string_view, std::size_t> numbers_;
  std::vector<std::size_t> begin_;  // of each column
  std::size_t where_ = 0, name_width_ = 0;
  bool per_thread_ = true;
};

Lines rendered(const Failure& failure, const std::vector<Row>& rows, const RenderOptions& options) {
  const Layout layout(failure, rows, options);
  Lines lines = {paint(layout.heading(), Ink::dim, options)};
  for (const Row& row : rows) append(lines, layout.lines_of(row));
  return lines;
}

}  // namespace

TraceTable trace_table(const Failure& failure, const RenderOptions& options, std::size_t lines_max) {
  const std::size_t room = options.width - 8;
  const auto table = [&](const std::vector<Row>& rows) {
    return TraceTable{rendered(failure, rows, options), rows.size() == failure.trace.size()};
  };
  if (options.trace == TraceDetail::full) return table(Rows(failure, false, room).steps());
  if (options.trace == TraceDetail::calls) {
    const Rows rows(failure, false, room);
    return table(rows.rounds(rows.calls(rows.steps())));
  }
  // Of a row, one line at least is needed: what has more rows than that need not be laid out.
  const auto fitting = [&](const std::vector<Row>& rows, TraceTable& result) {
    if (rows.size() > lines_max) return false;
    result = table(rows);
    return result.lines.size() <= lines_max + 1;
  };
  const Rows rows(failure, true, room);
  const std::vector<Row> steps = rows.steps();
  TraceTable result;
  if (fitting(steps, result)) return result;
  const std::vector<Row> folded = rows.rounds(rows.calls(steps));
  if (fitting(folded, result)) return result;
  for (std::size_t most = lines_max;;) {
    result = table(rows.nearest(folded, most));
    result.whole = false;
    if (result.lines.size() <= lines_max + 1 || most <= 3) return result;
    most = std::max<std::size_t>(3, std::min(most - 1, most * lines_max / result.lines.size()));  // some rows have several lines
  }
}

}  // namespace interleave
