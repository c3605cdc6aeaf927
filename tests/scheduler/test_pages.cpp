// What a report leaves behind for browsers and machines: pages, trace-event files, Graphviz files, and the names of files.
#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "scheduler/report/json.hpp"
#include "scheduler/report/page.hpp"
#include "scheduler/report/report_files.hpp"
#include "scheduler/report/trace_files.hpp"
#include "scheduler/report/trace_graph.hpp"

#include "../written_files.hpp"

namespace interleave {
namespace {

using nlohmann::json;
using interleave::tests::Folder;
using interleave::tests::content;
using Does = OperationClass;

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

TraceEvent event(std::size_t step, std::string thread, std::string operation, std::string object, Does does, std::string second = "") {
  TraceEvent event{.step = step, .thread = std::move(thread), .operation = std::move(operation), .object = std::move(object), .location = "a.cpp:3"};
  event.does = does;
  event.second = std::move(second);
  return event;
}

ThreadState thread(std::string name, std::string state) { return {.name = std::move(name), .state = std::move(state)}; }

// main waits at a condition variable, T1 signals it, T2 writes what main reads.
Report waiting() {
  Failure failure;
  failure.kind = "require";
  failure.message = "it broke";
  failure.schedule = "il1:AQIBAgI";
  failure.seed = ~std::uint64_t{0};
  failure.step = 12;
  failure.threads = {thread("main", "failed"), thread("T1", "finished"), thread("T2", "waits")};
  failure.trace = {event(1, "main", "thread create", "", Does::starts),       event(2, "main", "thread create", "", Does::starts),
                   event(3, "main", "mutex lock", "m", Does::takes),          event(4, "main", "condition wait", "c", Does::waits, "m"),
                   event(5, "T1", "mutex lock", "m", Does::takes),            event(6, "T1", "condition signal", "c", Does::wakes),
                   event(7, "T1", "mutex unlock", "m", Does::gives),          event(8, "T2", "store <- 1", "x", Does::writes),
                   event(9, "main", "mutex lock", "m", Does::takes),          event(10, "main", "load -> 1", "x", Does::reads),
                   event(11, "T2", "semaphore wait", "s", Does::takes),       event(12, "main", "load -> 1", "x", Does::reads)};
  failure.trace[10].hold = Hold::permit;
  failure.stacks = {{{.function = "f", .file = "/nowhere/at/all.cpp", .line = 3}}};
  for (TraceEvent& each : failure.trace) each.stack = 1;
  Report report;
  report.verdict = Verdict::fail;
  report.executions = 3;
  report.failing = 1;
  report.strategy = "dpor";
  report.outcomes = {{"1", 2}, {"2", 1}};
  report.failure = failure;
  return report;
}

const std::string nasty = "</script><script>alert(\"1\")</script> '&amp; \n\t\x01 \xff @@report@@ <!-- ]]>";

Report hostile() {
  Report report = waiting();
  Failure& failure = *report.failure;
  failure.kind = failure.message = failure.schedule = failure.strategy = nasty;
  for (ThreadState& each : failure.threads) each = {.name = nasty + each.name, .state = each.state, .operation = nasty, .object = nasty, .location = nasty};
  for (TraceEvent& each : failure.trace) each.thread = nasty + each.thread, each.operation += nasty, each.object += nasty, each.location = each.call = nasty;
  failure.objects = {{nasty, nasty}};
  failure.stacks = {{{.function = nasty, .file = nasty, .line = 3}}};
  report.outcomes = {{nasty, 1}};
  report.covered = report.incomplete_reason = report.strategy = nasty;
  report.assumed = report.unseen = report.trusted = {nasty};
  return report;
}

// What stands in the element of that id. Its end is where a browser sees it: at the next "</script".
std::string element(const std::string& page, const std::string& id) {
  const std::string begin = "id=\"" + id + "\">";
  const auto at = page.find(begin);
  REQUIRE(at != page.npos);
  const auto end = page.find("</script", at);
  return page.substr(at + begin.size(), end - at - begin.size());
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

// Chrome's trace-event format as far as it is used here, read strictly. Returns what is wrong, or nothing.
std::string wrong_with_trace(const std::string& text) {
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return "no JSON";
  if (!document.contains("traceEvents") || !document["traceEvents"].is_array()) return "no traceEvents";
  std::map<std::pair<int, int>, long> ends;  // of each row
  std::set<std::pair<int, int>> rows;
  std::map<int, std::vector<std::string>> flows;
  std::set<std::tuple<int, long, long>> slices;
  const auto& events = document["traceEvents"];
  for (const json& each : events)
    for (const char* key : {"ph", "name", "pid", "tid"})
      if (!each.contains(key)) return std::string("an event without ") + key;
  for (const json& each : events) {
    const std::string phase = each["ph"];
    const std::pair<int, int> row(each["pid"].get<int>(), each["tid"].get<int>());
    if (phase == "M") {
      if (each["name"] == "thread_name") {
        if (!each["args"]["name"].is_string()) return "a thread without a name";
        rows.insert(row);
      }
    } else if (phase == "X") {
      if (!each["ts"].is_number_unsigned() || !each["dur"].is_number_unsigned() || each["dur"] == 0) return "a slice without a length";
      if (each["ts"].get<long>() < ends[row]) return "slices of a row overlap";
      ends[row] = each["ts"].get<long>() + each["dur"].get<long>();
      if (!rows.contains(row)) return "a row without a name";
      slices.insert({row.second, each["ts"].get<long>(), ends[row]});
    } else if (phase == "s" || phase == "f") {
      flows[each["id"].get<int>()].push_back(phase);
      if (phase == "f" && each["bp"] != "e") return "the end of an arrow is not bound to the slice around it";
      const long ts = each["ts"].get<long>();
      bool inside = false;
      for (const auto& [tid, from, to] : slices) inside = inside || (tid == row.second && from <= ts && ts < to);
      if (!inside) return "an arrow that touches no slice";
    } else {
      return "phase " + phase;
    }
  }
  for (const auto& [id, phases] : flows)
    if (phases != std::vector<std::string>{"s", "f"}) return "an arrow without two ends";
  return "";
}

// The part of Graphviz' language that is used here: digraph ID { statements }, where a statement is a node, an edge, an attribute or a
// subgraph. Returns what is wrong, or nothing.
std::string wrong_with_dot(const std::string& text) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at;
    } else if (c == '"') {
      std::size_t end = at + 1;
      while (end < text.size() && text[end] != '"') {
        if (static_cast<unsigned char>(text[end]) < 0x20) return "a control character in a string";
        end += text[end] == '\\' ? 2 : 1;
      }
      if (end >= text.size()) return "a string without end";
      tokens.push_back("ID");
      at = end + 1;
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      std::size_t end = at;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
      const std::string word = text.substr(at, end - at);
      tokens.push_back(word == "digraph" || word == "subgraph" ? word : "ID");
      at = end;
    } else if (text.substr(at, 2) == "->") {
      tokens.push_back("->");
      at += 2;
    } else if (std::string("{}[]=;,").find(c) != std::string::npos) {
      tokens.emplace_back(1, c);
      ++at;
    } else {
      return std::string("character ") + c;
    }
  }
  std::size_t at = 0;
  const auto take = [&](const char* wanted) { return at < tokens.size() && tokens[at] == wanted && ++at > 0; };
  if (!take("digraph") || !take("ID") || !take("{")) return "no digraph";
  for (int depth = 1; depth > 0;) {
    if (at >= tokens.size()) return "no end";
    if (take("}")) {
      --depth;
    } else if (take("subgraph")) {
      if (!take("ID") || !take("{")) return "a subgraph without a body";
      ++depth;
    } else {
      if (!take("ID")) return "token " + tokens[at];
      if (take("=")) {
        if (!take("ID")) return "an attribute without a value";
      } else {
        while (take("->"))
          if (!take("ID")) return "an edge without an end";
        if (take("[")) {
          do
            if (!take("ID") || !take("=") || !take("ID")) return "a bad list of attributes";
          while (take(","));
          if (!take("]")) return "a list of attributes without end";
        }
      }
      if (!take(";")) return "a statement without a semicolon";
    }
  }
  return at == tokens.size() ? "" : "text behind the end";
}

std::vector<std::string> edges_of(const Report& report) {
  std::vector<std::string> edges;
  const TraceGraph graph = graph_of(*report.failure);
  for (const auto& edge : graph.edges)
    edges.push_back(std::to_string(edge.from + 1) + " " + std::string(text_of(edge.kind)) + " " + std::to_string(edge.to + 1));
  return edges;
}

}  // namespace

TEST_CASE("the graph of a trace: who holds what from when to when, who waits, and what makes what possible") {
  const Report report = waiting();
  const TraceGraph graph = graph_of(*report.failure);
  CHECK(graph.threads == std::vector<std::string>{"main", "T1", "T2"});
  CHECK(edges_of(report) == std::vector<std::string>{"1 starts 5", "4 hands over 5", "2 starts 8", "6 wakes 9", "7 hands over 9", "8 is read by 10", "8 is read by 12"});
  REQUIRE(graph.bars.size() == 3);  // a permit that is never given back is none
  CHECK((graph.bars[0].from == 2 && graph.bars[0].to == 3 && graph.bars[0].lane == 0));  // given back by the wait
  CHECK((graph.bars[1].from == 4 && graph.bars[1].to == 6 && graph.bars[1].lane == 1));
  CHECK((graph.bars[2].from == 8 && graph.bars[2].to == TraceGraph::none && graph.bars[2].object == "m"));
  REQUIRE(graph.waits.size() == 2);
  CHECK((graph.waits[0].from == 3 && graph.waits[0].to == 8 && graph.waits[0].object == "c"));
  CHECK((graph.waits[1].lane == 2 && graph.waits[1].from == 10 && graph.waits[1].to == TraceGraph::none));
}

TEST_CASE("the graph of a trace: a timeout is no wakeup, a signal wakes one, a recursive lock is one bar") {
  Report report = waiting();
  auto& trace = report.failure->trace;
  report.failure->threads = {thread("A", "finished"), thread("B", "finished"), thread("C", "finished")};
  trace = {event(1, "A", "condition wait", "c", Does::waits), event(2, "B", "condition wait", "c", Does::waits), event(3, "C", "condition signal", "c", Does::wakes),
           event(4, "B", "mutex lock", "m", Does::takes),     event(5, "A", "condition timeout", "c", Does::resumes), event(6, "B", "mutex lock", "m", Does::takes),
           event(7, "B", "mutex unlock", "m", Does::gives),   event(8, "B", "mutex unlock", "m", Does::gives)};
  trace[4].succeeded = false;
  CHECK(edges_of(report) == std::vector<std::string>{"3 wakes 4"});
  const TraceGraph graph = graph_of(*report.failure);
  REQUIRE(graph.bars.size() == 1);
  CHECK((graph.bars[0].from == 3 && graph.bars[0].to == 7));
}

TEST_CASE("a page holds the report as JSON, the picture, and nothing of the network") {
  const std::string text = page(waiting(), {.name = "a test", .text = "the text", .replay = "replay it", .members = "\"expected\":\"pass\","});
  const json report = json::parse(element(text, "report")), picture = json::parse(element(text, "picture"));
  CHECK(report["schema"] == 1);
  CHECK(report["scenario"] == "a test");
  CHECK(report["expected"] == "pass");
  CHECK(report["verdict"] == "fail");
  CHECK(report["outcomes"]["1"] == 2);
  CHECK(report["failure"]["trace"].size() == 12);
  CHECK(report["failure"]["trace"][3]["does"] == "waits");
  CHECK(report["failure"]["trace"][3]["second"] == "m");
  CHECK(report["failure"]["stacks"][0][0]["line"] == 3);
  CHECK(picture["replay"] == "replay it");
  CHECK(picture["seed"] == "18446744073709551615");  // as text: no script could hold the number
  CHECK(picture["lanes"] == json({0, 0, 0, 0, 1, 1, 1, 2, 0, 0, 2, 0}));
  CHECK(picture["bars"].size() == 3);
  CHECK(picture["edges"][3] == json({{"from", 5}, {"to", 8}, {"kind", "wakes"}}));
  CHECK(picture["sources"]["/nowhere/at/all.cpp"].is_null());  // could not be read
  CHECK(picture["left_out"] == "");
  for (const char* part : {"http://", "https://", " src=", "@import", "url("}) {
    std::string without = text;
    const std::string name_of_svg = "http://www.w3.org/2000/svg";
    without.erase(without.find(name_of_svg), name_of_svg.size());
    INFO(part);
    CHECK_FALSE(has(without, part));
  }
  CHECK(has(text, "prefers-color-scheme: dark"));
  CHECK(has(text, "max-width: 800px"));
  CHECK(has(text, "<noscript><pre>the text</pre>"));
}

TEST_CASE("a page of a pass has the outcomes and no lanes") {
  Report report = waiting();
  report.failure.reset();
  report.verdict = Verdict::pass;
  const std::string text = page(report, {.name = "a pass"});
  CHECK(json::parse(element(text, "report"))["failure"].is_null());
  CHECK(json::parse(element(text, "picture"))["lanes"].empty());
}

TEST_CASE("names with quotes, line breaks and HTML in them can do nothing in a page, a trace-event file or a Graphviz file") {
  const Report report = hostile();
  const std::string text = page(report, {.name = nasty, .text = nasty, .replay = nasty});
  const std::string harmless = page(waiting(), {});
  for (const char* tag : {"<script", "</script", "<!--", "<pre", "<h1"}) {  // none more than the page's own
    INFO(tag);
    CHECK(count(text, tag) == count(harmless, tag));
  }
  CHECK_FALSE(has(text, "alert(\"1\")"));
  const json document = json::parse(element(text, "report")), picture = json::parse(element(text, "picture"));
  const std::string said = document["failure"]["message"];
  CHECK(has(said, "</script><script>alert(\"1\")</script> '&amp; \n\t\x01 \xef\xbf\xbd @@report@@"));  // nothing is lost but what is no UTF-8
  CHECK(document["outcomes"].size() == 1);
  CHECK(picture["threads"].size() == 3);
  CHECK(has(text, "<title>&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &#39;&amp;amp; \n"));
  CHECK(wrong_with_trace(trace_event_file(nasty, report)).empty());
  CHECK(wrong_with_dot(graphviz_file(nasty, report)).empty());
}

TEST_CASE("a trace-event file has a row a thread, a slice a step, and arrows") {
  const std::string text = trace_event_file("a \"test\"", waiting());
  CHECK(wrong_with_trace(text).empty());
  const json events = json::parse(text)["traceEvents"];
  std::map<std::string, int> phases;
  for (const json& each : events) ++phases[each["ph"]];
  CHECK(phases == std::map<std::string, int>{{"M", 7}, {"X", 12}, {"s", 7}, {"f", 7}});
  // What is to be seen as wrong is.
  const std::string begin = "{\"traceEvents\":[{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":1,\"args\":{\"name\":\"a\"}},";
  const std::string slice = "{\"ph\":\"X\",\"name\":\"n\",\"ts\":5,\"dur\":2,\"pid\":1,\"tid\":1}";
  CHECK(wrong_with_trace(begin + slice + "]}").empty());
  CHECK(wrong_with_trace(begin + slice + "," + slice + "]}") == "slices of a row overlap");
  CHECK(wrong_with_trace(begin + "{\"ph\":\"X\",\"name\":\"n\",\"ts\":5,\"dur\":2,\"pid\":1,\"tid\":2}]}") == "a row without a name");
  CHECK(wrong_with_trace(begin + slice + ",{\"ph\":\"s\",\"name\":\"n\",\"id\":1,\"ts\":5,\"pid\":1,\"tid\":1}]}") == "an arrow without two ends");
  CHECK(wrong_with_trace("{") == "no JSON");
}

TEST_CASE("a Graphviz file has a cluster a thread and a node a step") {
  const std::string text = graphviz_file("a \"test\"", waiting());
  INFO(text);
  CHECK(wrong_with_dot(text).empty());
  CHECK(count(text, "subgraph cluster_") == 3);
  CHECK(count(text, "tooltip=") == 12);
  CHECK(has(text, "label=\"6: condition signal c\""));
  CHECK(has(text, "s5 -> s8 [label=\"wakes\""));
  for (const char* bad : {"digraph a {", "digraph a { b -> ; }", "digraph a { b [c]; }", "digraph a { \"b }", "digraph a { b }", "graph a {}", "digraph a {} b"})
    CHECK_FALSE(wrong_with_dot(bad).empty());
}

TEST_CASE("a trace of a million steps makes files of bounded size, which say what was left out") {
  Report report = waiting();
  auto& failure = *report.failure;
  failure.trace.clear();
  failure.stacks.clear();
  for (std::size_t i = 0; i < 1'000'000; ++i) {
    failure.trace.push_back({.step = i + 1, .thread = i % 2 == 0 ? "main" : "T1", .operation = "load -> 0", .object = "x", .location = "a.cpp:3"});
    failure.trace.back().does = Does::reads;
    if (i % 1000 == 0) failure.stacks.push_back({{.function = "f", .file = "a.cpp", .line = static_cast<unsigned>(i)}});
    failure.trace.back().stack = failure.stacks.size();
  }
  const std::string text = page(report, {.name = "long"});
  CHECK(text.size() < 3'000'000);
  const json document = json::parse(element(text, "report")), picture = json::parse(element(text, "picture"));
  CHECK(document["failure"]["trace"].size() == page_steps_most);
  CHECK(document["failure"]["trace"][0]["step"] == 1);
  CHECK(document["failure"]["trace"].back()["step"] == 1'000'000);
  CHECK(document["failure"]["stacks"].size() == 4);
  CHECK(document["failure"]["stacks"][document["failure"]["trace"].back()["stack"].get<std::size_t>() - 1][0]["line"] == 999'000);
  CHECK(picture["lanes"].size() == page_steps_most);
  CHECK(picture["gap"] == 1000);
  CHECK(picture["left_out"] == "996,000 of 1,000,000 steps are left out, from step 1,001 to step 997,000; the JSON document (--json, INTERLEAVE_JSON) has all.");
  const std::string slices = trace_event_file("long", report);
  CHECK(slices.size() < 6'000'000);
  CHECK(json::parse(slices)["otherData"]["left_out"] ==
        "980,000 of 1,000,000 steps are left out, from step 5,001 to step 985,000; the JSON document (--json, INTERLEAVE_JSON) has all.");
  const std::string dot = graphviz_file("long", report);
  CHECK(wrong_with_dot(dot).empty());
  CHECK(count(dot, "tooltip=") == 400);
  CHECK(has(dot, "999,600 of 1,000,000 steps are left out"));
}

TEST_CASE("two hundred threads have a lane each") {
  Report report = waiting();
  auto& failure = *report.failure;
  failure.trace.clear();
  failure.threads.clear();
  for (std::size_t i = 0; i < 200; ++i) {
    failure.threads.push_back(thread("T" + std::to_string(i), "finished"));
    failure.trace.push_back(event(i + 1, "T" + std::to_string(i), "store <- 1", "x", Does::writes));
  }
  const json picture = json::parse(element(page(report, {.name = "wide"}), "picture"));
  CHECK(picture["threads"].size() == 200);
  CHECK(picture["lanes"].back() == 199);
}

TEST_CASE("the source is read as far as it can be, and only around the places of the trace") {
  const Folder folder;
  {
    std::ofstream file(folder / "a.cpp");
    for (int line = 1; line <= 100; ++line) file << "line " << line << (line == 50 ? " </script>" : "") << "\n";
  }
  Report report = waiting();
  report.failure->stacks = {{{.function = "f", .file = folder / "a.cpp", .line = 50}, {.function = "g", .file = folder / "missing.cpp", .line = 1}}};
  const json sources = json::parse(element(page(report, {.name = "x"}), "picture"))["sources"];
  CHECK(sources[folder / "missing.cpp"].is_null());
  const json& lines = sources[folder / "a.cpp"];
  CHECK(lines.size() == 13);
  CHECK(lines["44"] == "line 44");
  CHECK(lines["50"] == "line 50 </script>");
  CHECK_FALSE(lines.contains("43"));
}

TEST_CASE("names of files: readable, safe, and different where the names are") {
  CHECK(file_name_of("counter_test.cpp:27") == "counter_test.cpp@27");
  CHECK(file_name_of("queue/fifo") == "queue+fifo");
  CHECK(file_name_of("lost update") == "lost_update");
  CHECK(file_name_of("../../etc/passwd").rfind("_.+..+etc+passwd-", 0) == 0);
  std::set<std::string> names;
  const std::vector<std::string> nasties = {"a\"b", "a'b", "a\nb", "a<b", "a?b", "\xff", "", ".", "..", "-rf", std::string(300, 'a'), std::string(301, 'a'), nasty};
  for (const std::string& name : nasties) {
    const std::string file = file_name_of(name);
    CHECK((!file.empty() && file.size() < 140 && file.front() != '.' && file.front() != '-'));
    for (const char c : file) CHECK((std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string("._-+@").find(c) != std::string::npos));
    names.insert(file);
  }
  CHECK(names.size() == nasties.size());
}

TEST_CASE("write_page makes the folder and leaves three files, or says why not") {
  const Folder folder;
  const Written done = write_page(folder / "some/where", waiting(), {.name = "a/test"});
  CHECK(done.trouble.empty());
  CHECK(done.page == folder / "some/where/a+test.html");
  CHECK(std::filesystem::exists(folder / "some/where/a+test.trace.json"));
  CHECK(std::filesystem::exists(folder / "some/where/a+test.dot"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "some/where"), {}) == 3);
  CHECK(write_page("/dev/full", waiting(), {.name = "x"}).trouble == "cannot write /dev/full: Not a directory; give a folder that may be written and has room");
  CHECK(has(write_page("/proc/nowhere", waiting(), {.name = "x"}).trouble, "cannot write /proc/nowhere: "));
  std::filesystem::create_directory(folder / "x.html");  // in the way
  const Written failed = write_page(folder.path(), waiting(), {.name = "x"});
  CHECK(failed.page.empty());
  CHECK(failed.trouble == "cannot write " + (folder / "x.html") + ": Is a directory; give a folder that may be written and has room");
  CHECK(folder.files() == std::set<std::string>{"some", "x.html"});  // no part of a file is left behind
}

TEST_CASE("lines are put at the end of a file as a whole; a full disk is a sentence") {
  const Folder folder;
  CHECK(append_to_file(folder / "lines", "{\"a\":1}\n").empty());
  CHECK(append_to_file(folder / "lines", "{\"a\":2}\n").empty());
  CHECK(content(folder / "lines") == "{\"a\":1}\n{\"a\":2}\n");
  CHECK(append_to_file("/dev/full", "x\n") == "cannot write /dev/full: No space left on device; give a file in a folder that exists, may be written and has room");
  CHECK(has(append_to_file("/nowhere/at/all", "x\n"), "cannot write /nowhere/at/all: No such file or directory; give "));
}

TEST_CASE("a report as JSON is one line, whatever is in it") {
  const std::string line = json_of(nasty, hostile());
  CHECK_FALSE(has(line, "\n"));
  const json document = json::parse(line);
  CHECK(document["complete"] == false);
  CHECK(document["seconds"] == 0.0);
  CHECK(document["failure"]["trace"][0]["hold"] == "exclusive");
  CHECK(document["suppressions"].is_array());
}

}  // namespace interleave
