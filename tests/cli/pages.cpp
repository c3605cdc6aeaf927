// --report, --sarif and --github: what the command writes for browsers, code scanning and GitHub's workflows.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include <interleave/catch2.hpp>

#include "command.hpp"
#include "../written_files.hpp"

using interleave::cli::command;
using interleave::cli::has;
using nlohmann::json;
using interleave::tests::Folder;
using interleave::tests::content;
using interleave::tests::element;

namespace {

// What SARIF 2.1.0 demands of the objects that are used here. Returns what is wrong, or nothing.
std::string wrong_with_sarif(const json& document) {
  if (document.value("version", "") != "2.1.0" || !has(document.value("$schema", ""), "sarif-2.1.0")) return "no version";
  if (!document.contains("runs") || !document["runs"].is_array()) return "no runs";
  const auto wrong_location = [](const json& location) -> std::string {
    if (location.contains("message") && !location["message"]["text"].is_string()) return "a message without text";
    if (!location.contains("physicalLocation")) return "";
    const json& physical = location["physicalLocation"];
    if (!physical.contains("artifactLocation") || !physical["artifactLocation"]["uri"].is_string()) return "no uri";
    const std::string uri = physical["artifactLocation"]["uri"];
    if (uri.find_first_of(" \\\"<>") != uri.npos) return "a bad uri";
    if ((uri.rfind("file:///", 0) == 0) == physical["artifactLocation"].contains("uriBaseId")) return "an absolute uri has no base, a relative one has";
    if (physical.contains("region") && physical["region"]["startLine"].get<int>() < 1) return "a line below 1";
    return "";
  };
  for (const json& run : document["runs"]) {
    const json& driver = run.at("tool").at("driver");
    if (!driver["name"].is_string()) return "a tool without a name";
    std::set<std::string> rules;
    for (const json& rule : driver["rules"])
      if (!rules.insert(rule.at("id").get<std::string>()).second) return "a rule twice";
    for (const json& invocation : run["invocations"])
      if (!invocation.at("executionSuccessful").is_boolean()) return "an invocation without success or not";
    for (const json& result : run["results"]) {
      if (!result.at("message").contains("text")) return "a result without a message";
      if (!rules.contains(result.at("ruleId"))) return "a result of no rule";
      if (!std::set<std::string>{"none", "note", "warning", "error"}.contains(result.at("level"))) return "a bad level";
      for (const json& location : result.at("locations"))
        if (auto wrong = wrong_location(location); !wrong.empty()) return wrong;
      for (const json& flow : result.value("codeFlows", json::array())) {
        if (flow.at("threadFlows").empty()) return "a flow of no thread";
        for (const json& thread : flow["threadFlows"]) {
          if (thread.at("locations").empty()) return "a thread flow of no location";
          int before = 0;
          for (const json& step : thread["locations"]) {
            if (auto wrong = wrong_location(step.at("location")); !wrong.empty()) return wrong;
            const int order = step.at("executionOrder");
            if (order <= before) return "an order that goes back";
            before = order;
          }
        }
      }
    }
  }
  return "";
}

}  // namespace

TEST_CASE("--report: a page of each scenario that fails, with the document that --json prints") {
  const Folder folder;
  const auto said = command("search good bad --json --report " + folder / "pages");
  CHECK(said.status == 0);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "pages")) names.insert(entry.path().filename().string());
  std::size_t failing = 0;
  const json results = said.json()["results"];
  for (json result : results) {
    if (result["failure"].is_null()) continue;
    ++failing;
    std::string name = result["scenario"];
    name.replace(name.find('/'), 1, "+");
    INFO(name);
    for (const char* kind : {".html", ".trace.json", ".dot"}) CHECK(names.count(name + kind) == 1);
    json document = element(content(folder / ("pages/" + name + ".html")), "report");
    for (const char* key : {"schema", "version", "witnesses"}) document.erase(key);
    for (json* each : {&document, &result}) each->erase("seconds"), each->erase("strategy");
    CHECK(document == result);
  }
  CHECK(failing >= 3);
  CHECK(names.size() == 3 * failing);
}

TEST_CASE("--report: the only scenario has a page, failing or not, and stderr says where") {
  const Folder folder;
  const auto said = command("search good/both_outcomes --report " + folder.path());
  CHECK(said.status == 0);
  CHECK(said.err == "interleave: page " + folder / "good+both_outcomes.html" + "\n");
  CHECK(folder.files() == std::set<std::string>{"good+both_outcomes.html"});
  const json report = element(content(folder / "good+both_outcomes.html"), "report");
  CHECK(report["outcomes"].size() == 2);
  CHECK(report["as_expected"] == true);
  const auto plain = command("search good/both_outcomes");
  CHECK(plain.out == said.out);
}

TEST_CASE("--report: sample and replay write a page, too") {
  const Folder folder;
  const auto found = command("sample bad/deadlock --seed 3 --report " + folder / "a");
  REQUIRE(!found.token().empty());
  const json page = element(content(folder / "a/bad+deadlock.html"), "report");
  CHECK(page["failure"]["kind"] == "deadlock");
  CHECK(has(element(content(folder / "a/bad+deadlock.html"), "picture")["replay"], "interleave replay bad/deadlock --schedule il1:"));
  CHECK(command("replay bad/deadlock --schedule " + found.token(), "INTERLEAVE_REPORT=" + folder / "b").status == 1);
  const json again = element(content(folder / "b/bad+deadlock.html"), "report");
  CHECK(again["failure"]["trace"] == page["failure"]["trace"]);
  CHECK(again["failure"]["stacks"] == page["failure"]["stacks"]);
}

TEST_CASE("--report: a folder that cannot be is refused before anything runs; trouble later is told of") {
  for (const char* place : {"/dev/full", "/proc/nowhere/x"}) {
    const auto said = command(std::string("search bad/deadlock --report ") + place);
    INFO(said.err);
    CHECK(said.status == 2);
    CHECK(said.out.empty());
    CHECK(has(said.err, std::string("interleave: cannot write ") + place + ": "));
    CHECK(has(said.err, "; give a folder that may be written and has room\n"));
  }
  const Folder folder;
  std::filesystem::create_directory(folder / "bad+deadlock.html");
  const auto said = command("search bad/deadlock --report " + folder.path());
  CHECK(said.status == 0);
  CHECK(said.err == "interleave: --report: cannot write " + folder / "bad+deadlock.html" +
                        ": Is a directory; give a folder that may be written and has room; the verdict is not affected\n");
}

TEST_CASE("--sarif: a result for each scenario that fails, with a flow a thread") {
  const Folder folder;
  const auto said = command("search good bad wrong --sarif " + folder / "out.sarif");
  CHECK(said.status == 1);
  CHECK(has(said.out, "SARIF: " + folder / "out.sarif"));
  const json document = json::parse(content(folder / "out.sarif"));
  CHECK(wrong_with_sarif(document).empty());
  const json& run = document["runs"][0];
  CHECK(run["tool"]["driver"]["name"] == "Interleave");
  CHECK(run["invocations"][0]["executionSuccessful"] == true);
  bool deadlock = false, undeclared = false;
  for (const json& result : run["results"]) {
    const std::string scenario = result["properties"]["scenario"];
    INFO(scenario);
    if (scenario == "bad/deadlock") {
      deadlock = true;
      CHECK(result["ruleId"] == "deadlock");
      CHECK(result["level"] == "note");  // as declared
      CHECK(result["codeFlows"][0]["threadFlows"].size() >= 2);
      REQUIRE(result["locations"].size() == 1);
      CHECK(has(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "fixtures.cpp"));
      CHECK(has(result["message"]["text"], "interleave replay bad/deadlock --schedule il1:"));
    }
    if (scenario == "wrong/fails") CHECK(result["level"] == "error");
    if (scenario == "wrong/passes") {
      undeclared = true;
      CHECK(result["ruleId"] == "not-as-declared");
    }
  }
  CHECK(deadlock);
  CHECK(undeclared);
  // What is wrong is seen.
  json bad = document;
  bad["runs"][0]["results"][0]["ruleId"] = "none such";
  CHECK(wrong_with_sarif(bad) == "a result of no rule");
  bad = document;
  bad["runs"][0]["results"][0]["message"].erase("text");
  CHECK(wrong_with_sarif(bad) == "a result without a message");
}

TEST_CASE("--sarif: texts of any bytes, files in any place") {
  const Folder folder;
  CHECK(command("search wrong/fails --sarif " + folder / "out.sarif", "FIXTURE_BYTES=1 GITHUB_WORKSPACE=/nowhere").status == 1);
  const json document = json::parse(content(folder / "out.sarif"));
  CHECK(wrong_with_sarif(document).empty());
  const std::string uri = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
  CHECK(uri.rfind("file:///", 0) == 0);
  CHECK(command("search good/passes --sarif /nowhere/at/all.sarif").status == 2);
  CHECK(command("search good/passes", "INTERLEAVE_SARIF=" + folder / "pass.sarif").status == 0);
  CHECK(json::parse(content(folder / "pass.sarif"))["runs"][0]["results"].empty());
}

TEST_CASE("--github: an annotation for what is otherwise than declared, escaped as GitHub reads it") {
  const auto none = command("search good/passes bad/deadlock --github");
  CHECK(none.status == 0);
  CHECK_FALSE(has(none.out, "::error"));
  const auto said = command("search wrong/fails", "GITHUB_ACTIONS=true GITHUB_WORKSPACE=/nowhere");
  CHECK(said.status == 1);
  const auto at = said.out.find("\n::error file=");
  REQUIRE(at != said.out.npos);
  const std::string line = said.out.substr(at + 1, said.out.find('\n', at + 1) - at - 1);
  INFO(line);
  CHECK(has(line, "fixtures.cpp,line="));
  CHECK(has(line, ",title=wrong/fails%3A require::"));
  CHECK(has(line, "an update was lost%0Ainterleave replay wrong/fails --schedule il1:"));
  CHECK_FALSE(has(command("search wrong/fails", "GITHUB_ACTIONS=false").out, "::error"));
  CHECK_FALSE(has(command("search wrong/fails --github=false", "GITHUB_ACTIONS=true").out, "::error"));
}

TEST_CASE("--github: beside a document, in a file, and of what any bytes say") {
  const Folder folder;
  const auto document = command("search wrong/fails --json --github");
  CHECK(document.json()["results"].size() == 1);  // nothing else on stdout
  CHECK(has(document.err, "::error file="));
  CHECK(command("search wrong/fails wrong/passes --github=" + folder / "lines", "FIXTURE_BYTES=1").status == 1);
  const std::string lines = content(folder / "lines");
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  CHECK(has(lines, "::error title=wrong/passes%3A not as declared::no schedule fails"));
  CHECK_FALSE(has(lines, "\x1b"));
  const auto replayed = command("replay bad/deadlock --github --schedule " + command("search bad/deadlock").token());
  CHECK(has(replayed.out, ",title=bad/deadlock%3A deadlock::"));
}
