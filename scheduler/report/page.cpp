#include "scheduler/report/page.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "scheduler/report/json.hpp"
#include "scheduler/report/page_template.hpp"
#include "scheduler/report/trace_graph.hpp"
#include "scheduler/support/clean_text.hpp"

namespace interleave {
namespace {

std::string html(std::string_view text) {
  std::string escaped;
  for (const char c : clean_text(text, [](char32_t code) { return code >= 0x20 ? code != 0x7f : code == '\n' || code == '\t'; })) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

// ---- the source -----------------------------------------------------------------------------------------------------

// Empty: it cannot be read, or is no source file.
std::string content_of(const std::string& path) {
  constexpr off_t largest = off_t{4} << 20;
  std::string text;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return text;
  struct stat status {};
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= largest) {
    text.resize(static_cast<std::size_t>(status.st_size));
    std::size_t size = 0;
    for (ssize_t n; size < text.size() && (n = ::read(file, text.data() + size, text.size() - size)) > 0;) size += static_cast<std::size_t>(n);
    text.resize(size);
  }
  ::close(file);
  return text;
}

// {"path": {"27": "text of line 27", ...}, "missing": null}
std::string sources_of(const std::vector<std::vector<CodePlace>>& stacks) {
  constexpr std::size_t files_most = 64, columns_most = 300;
  constexpr unsigned around = 6;
  std::map<std::string, std::set<unsigned>> places;
  for (const auto& stack : stacks)
    for (const CodePlace& place : stack)
      if (!place.file.empty() && place.line > 0 && (places.contains(place.file) || places.size() < files_most)) places[place.file].insert(place.line);
  std::string json = "{";
  for (const auto& [path, lines] : places) {
    json += fmt::format("{}{}:", json.size() > 1 ? "," : "", json_string(path));
    const std::string content = content_of(path);
    if (content.empty()) {
      json += "null";
      continue;
    }
    std::set<unsigned> wanted;
    for (const unsigned line : lines)
      for (unsigned at = line > around ? line - around : 1; at <= line + around; ++at) wanted.insert(at);
    json += "{";
    unsigned number = 0;
    std::string_view comma = "";
    for (std::size_t at = 0; at < content.size();) {
      const std::size_t end = std::min(content.find('\n', at), content.size());
      if (wanted.contains(++number)) {
        json += fmt::format("{}\"{}\":{}", comma, number, json_string(std::string_view(content).substr(at, std::min(end - at, columns_most))));
        comma = ",";
      }
      at = end + 1;
    }
    json += "}";
  }
  return json + "}";
}

// ---- what is drawn --------------------------------------------------------------------------------------------------

// A report, of whose trace only the shown part is left, and no stack that nothing refers to.
Report shortened(const Report& report, const ShownPart& part) {
  Report shown = report;
  if (!shown.failure || part.left_out() == 0) return shown;
  auto& trace = shown.failure->trace;
  trace.erase(trace.begin() + static_cast<std::ptrdiff_t>(part.first), trace.begin() + static_cast<std::ptrdiff_t>(part.from));
  std::vector<std::vector<CodePlace>> stacks;
  std::map<std::size_t, std::size_t> numbers = {{0, 0}};
  const auto renumber = [&](std::size_t& stack) {
    const auto [known, fresh] = numbers.try_emplace(stack, stacks.size() + 1);
    if (fresh) stacks.push_back(std::move(shown.failure->stacks[stack - 1]));
    stack = known->second;
  };
  for (TraceEvent& event : trace) renumber(event.stack);
  for (ThreadState& thread : shown.failure->threads) renumber(thread.stack);
  shown.failure->stacks = std::move(stacks);
  return shown;
}

// Events are those of the shown part, counted from 0; -1: before the first, or after the last one.
std::string picture_of(const Report& report, const Report& shown, const ShownPart& part, const PageTexts& texts) {
  // As text: a script's numbers have 53 bits.
  const std::string seed = report.failure && report.failure->seed != 0 ? std::to_string(report.failure->seed) : "";
  std::string json = fmt::format("{{\"replay\":{},\"seed\":\"{}\",", json_string(texts.replay), seed);
  if (!report.failure) return json + "\"threads\":[],\"lanes\":[],\"bars\":[],\"waits\":[],\"edges\":[],\"sources\":{},\"left_out\":\"\",\"gap\":-1}";
  const Failure& failure = *report.failure;
  const TraceGraph graph = graph_of(failure);
  const auto shown_event = [&](std::size_t event) { return event < part.first ? event : event - part.left_out(); };
  const std::size_t gap = part.first;  // the first event behind it
  json += "\"threads\":";
  append_json(json, graph.threads);
  std::vector<std::string> list;
  for (std::size_t i = 0; i < graph.lanes.size(); ++i)
    if (part.has(i)) list.push_back(std::to_string(graph.lanes[i]));
  json += fmt::format(",\"lanes\":[{}]", fmt::join(list, ","));
  // What begins or ends in the gap is drawn to its edge.
  const auto span = [&](std::size_t from, std::size_t to) {
    const std::string begin = from == TraceGraph::none ? "-1" : std::to_string(part.has(from) ? shown_event(from) : gap);
    const std::string end = to == TraceGraph::none ? "-1" : std::to_string(part.has(to) ? shown_event(to) : gap);
    return fmt::format("\"from\":{},\"to\":{}", begin, end);
  };
  const auto hidden = [&](std::size_t from, std::size_t to) {
    return part.left_out() > 0 && from != TraceGraph::none && to != TraceGraph::none && !part.has(from) && !part.has(to);
  };
  list.clear();
  for (const TraceGraph::Bar& bar : graph.bars)
    if (!hidden(bar.from, bar.to))
      list.push_back(fmt::format("{{\"lane\":{},{},\"object\":{},\"hold\":\"{}\"}}", bar.lane, span(bar.from, bar.to), json_string(bar.object), word_of(bar.hold)));
  json += fmt::format(",\"bars\":[{}]", fmt::join(list, ","));
  list.clear();
  for (const TraceGraph::Wait& wait : graph.waits)
    if (!hidden(wait.from, wait.to))
      list.push_back(fmt::format("{{\"lane\":{},{},\"object\":{}}}", wait.lane, span(wait.from, wait.to), json_string(wait.object)));
  json += fmt::format(",\"waits\":[{}]", fmt::join(list, ","));
  list.clear();
  for (const TraceGraph::Edge& edge : graph.edges)
    if (part.has(edge.from) && part.has(edge.to))
      list.push_back(fmt::format("{{\"from\":{},\"to\":{},\"kind\":\"{}\"}}", shown_event(edge.from), shown_event(edge.to), text_of(edge.kind)));
  json += fmt::format(",\"edges\":[{}]", fmt::join(list, ","));
  json += ",\"sources\":" + sources_of(shown.failure->stacks);
  return json + fmt::format(",\"left_out\":{},\"gap\":{}}}", json_string(sentence_of(part, failure.trace)),
                            part.left_out() > 0 ? static_cast<std::ptrdiff_t>(gap) : -1);
}

// One pass, so that no text that is put in is looked at for marks.
std::string filled(std::string_view pattern, const std::map<std::string_view, std::string>& parts) {
  std::string text;
  while (!pattern.empty()) {
    const std::size_t mark = pattern.find("@@");
    text += pattern.substr(0, mark);
    if (mark == pattern.npos) break;
    const std::size_t end = pattern.find("@@", mark + 2);
    text += parts.at(pattern.substr(mark + 2, end - mark - 2));
    pattern.remove_prefix(end + 2);
  }
  return text;
}

}  // namespace

std::string page(const Report& report, const PageTexts& texts) {
  const ShownPart part = part_of(report.failure ? report.failure->trace.size() : 0, page_steps_most);
  const Report shown = shortened(report, part);
  return filled(page_template, {{"title", html(texts.name)},
                                {"text", html(texts.text)},
                                {"report", json_of(texts.name, shown, texts.members)},
                                {"picture", picture_of(report, shown, part, texts)}});
}

}  // namespace interleave
