#include "scheduler/report/trace_files.hpp"

#include <vector>

#include <fmt/format.h>

#include "scheduler/api/step_text.hpp"
#include "scheduler/report/json.hpp"
#include "scheduler/report/trace_graph.hpp"
#include "scheduler/support/clean_text.hpp"

namespace interleave {
namespace {

constexpr std::size_t slices_most = 20'000, nodes_most = 400;
constexpr std::size_t length = 10;  // of a step, in the format's microseconds

// As Graphviz quotes: only quotes and backslashes are special, and a line break is written \n.
std::string dot_string(std::string_view text) {
  std::string escaped = "\"";
  for (const char c : clean_text(text, [](char32_t code) { return code >= 0x20 && code != 0x7f; })) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped + "\"";
}

}  // namespace

std::string trace_event_file(std::string_view name, const Report& report) {
  const Failure& failure = *report.failure;
  const TraceGraph graph = graph_of(failure);
  const ShownPart part = part_of(failure.trace.size(), slices_most);
  std::string json = "{\"traceEvents\":[\n";
  json += fmt::format("{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"tid\":0,\"args\":{{\"name\":{}}}}}", json_string(name));
  for (std::size_t lane = 0; lane < graph.threads.size(); ++lane) {
    json += fmt::format(",\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":{0},\"args\":{{\"name\":{1}}}}}"
                        ",\n{{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":1,\"tid\":{0},\"args\":{{\"sort_index\":{0}}}}}",
                        lane + 1, json_string(graph.threads[lane]));
  }
  for (std::size_t i = 0; i < failure.trace.size(); ++i) {
    if (!part.has(i)) continue;
    const TraceEvent& event = failure.trace[i];
    json += fmt::format(",\n{{\"ph\":\"X\",\"name\":{},\"cat\":{},\"ts\":{},\"dur\":{},\"pid\":1,\"tid\":{},"
                        "\"args\":{{\"step\":{},\"object\":{},\"place\":{},\"call\":{},\"succeeded\":{}}}}}",
                        json_string(step_text(event)), json_string(word_of(event.does)), i * length, length, graph.lanes[i] + 1, event.step,
                        json_string(event.object), json_string(event.location), json_string(event.call), event.succeeded);
  }
  std::size_t id = 0;
  for (const TraceGraph::Edge& edge : graph.edges) {
    if (!part.has(edge.from) || !part.has(edge.to)) continue;
    const auto flow = [&](std::string_view phase, std::size_t event, std::string_view more) {
      json += fmt::format(",\n{{\"ph\":\"{}\",\"name\":{},\"cat\":\"order\",\"id\":{},\"ts\":{},\"pid\":1,\"tid\":{}{}}}", phase,
                          json_string(text_of(edge.kind)), id, event * length + length / 2, graph.lanes[event] + 1, more);
    };
    ++id;
    flow("s", edge.from, "");
    flow("f", edge.to, ",\"bp\":\"e\"");
  }
  json += fmt::format("\n],\"displayTimeUnit\":\"ns\",\"otherData\":{{\"kind\":{},\"message\":{},\"schedule\":{},\"left_out\":{}}}}}\n",
                      json_string(failure.kind), json_string(failure.message), json_string(failure.schedule),
                      json_string(sentence_of(part, failure.trace)));
  return json;
}

std::string graphviz_file(std::string_view name, const Report& report) {
  const Failure& failure = *report.failure;
  const TraceGraph graph = graph_of(failure);
  const ShownPart part = part_of(failure.trace.size(), nodes_most);
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < failure.trace.size(); ++i)
    if (part.has(i)) shown.push_back(i);
  std::string label = fmt::format("{}: {}", name, failure.kind);
  if (part.left_out() > 0) label += ". " + sentence_of(part, failure.trace);
  std::string dot = fmt::format("digraph {} {{\n  label={};\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\"];\n", dot_string(name), dot_string(label));
  for (std::size_t lane = 0; lane < graph.threads.size(); ++lane) {
    std::string nodes, order;
    std::size_t before = TraceGraph::none;
    for (const std::size_t i : shown) {
      if (graph.lanes[i] != lane) continue;
      const TraceEvent& event = failure.trace[i];
      nodes += fmt::format("    s{} [label={}, tooltip={}];\n", i, dot_string(fmt::format("{}: {}", event.step, step_text(event))), dot_string(event.location));
      if (before != TraceGraph::none) order += fmt::format("  s{} -> s{};\n", before, i);
      before = i;
    }
    if (!nodes.empty()) dot += fmt::format("  subgraph cluster_{} {{\n    label={};\n{}  }}\n{}", lane, dot_string(graph.threads[lane]), nodes, order);
  }
  for (const TraceGraph::Edge& edge : graph.edges)
    if (part.has(edge.from) && part.has(edge.to))
      dot += fmt::format("  s{} -> s{} [label={}, style=dashed, constraint={}];\n", edge.from, edge.to, dot_string(text_of(edge.kind)),
                         edge.kind == TraceGraph::Kind::read ? "false" : "true");
  return dot + "}\n";
}

}  // namespace interleave
