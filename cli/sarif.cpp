// SARIF 2.1.0, for code scanning services and editors: a result for each scenario that fails, or that is otherwise than declared.
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scheduler/api/step_text.hpp"
#include "scheduler/report/trace_graph.hpp"

#include "document.hpp"
#include "source_place.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

using Json = nlohmann::ordered_json;

// Of a long trace the first and the last steps; the message says what is left out.
constexpr std::size_t steps_most = 1000;
constexpr const char* undeclared = "not-as-declared";

// RFC 3986: what is neither unreserved nor a slash becomes %XX.
std::string uri_of(const SourcePlace& place) {
  std::string uri = place.relative ? "" : "file://";
  for (const char c : place.file) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~/").find(c) != std::string_view::npos;
    if (kept) uri += c;
    else uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return uri;
}

Json location_of(const SourcePlace& place) {
  Json artifact = {{"uri", uri_of(place)}};
  if (place.relative) artifact["uriBaseId"] = "%SRCROOT%";
  Json physical = {{"artifactLocation", std::move(artifact)}};
  if (place.line > 0) physical["region"] = {{"startLine", place.line}};
  return {{"physicalLocation", std::move(physical)}};
}

Json message(const std::string& text) { return {{"text", text}}; }

// One thread flow a thread, of its steps; executionOrder is the order of all.
Json code_flows(const Failure& failure) {
  const TraceGraph graph = graph_of(failure);
  const ShownPart part = part_of(failure.trace.size(), steps_most);
  Json flows = Json::array();
  for (const std::string& thread : graph.threads) flows.push_back({{"id", thread}, {"locations", Json::array()}});
  for (std::size_t i = 0; i < failure.trace.size(); ++i) {
    if (!part.has(i)) continue;
    const TraceEvent& event = failure.trace[i];
    Json location = Json::object();
    if (event.stack > 0 && event.stack <= failure.stacks.size())
      if (const SourcePlace place = source_place(failure.stacks[event.stack - 1].front()); !place.file.empty()) location = location_of(place);
    location["message"] = message(step_text(event));
    flows[graph.lanes[i]]["locations"].push_back({{"location", std::move(location)}, {"executionOrder", i + 1}});
  }
  Json kept = Json::array();  // a flow has at least one location
  for (Json& flow : flows)
    if (!flow["locations"].empty()) kept.push_back(std::move(flow));
  if (kept.empty()) return Json::array();
  Json flow = {{"threadFlows", std::move(kept)}};
  if (part.left_out() > 0) flow["message"] = message(sentence_of(part, failure.trace));
  return Json::array({std::move(flow)});
}

class Sarif final : public Writer {
 public:
  explicit Sarif(const std::string& file) : document_(file) {}

  void begin(const Plan& plan) override {
    Writer::begin(plan);
    document_.update(whole(false));
  }

  void result(const Result& result) override {
    const auto& failure = result.report.failure;
    if (!failure && result.status != ExitStatus::differs && result.status != ExitStatus::fault) return;
    const std::string rule = failure ? failure->kind : undeclared;
    std::string text = fmt::format("{}: {}", result.scenario->name, failure && !failure->message.empty() ? failure->message : result.difference);
    const std::string command = replay_command(plan(), result);
    if (!command.empty()) text += "\n" + command;
    const bool error = plan().verb == Verb::replay || (result.status != ExitStatus::expected && result.status != ExitStatus::incomplete);
    Json each = {{"ruleId", rule}, {"level", error ? "error" : "note"}, {"message", message(text)}, {"locations", Json::array()}};
    if (failure) {
      if (const SourcePlace place = source_place(*failure); !place.file.empty()) each["locations"].push_back(location_of(place));
      if (Json flows = code_flows(*failure); !flows.empty()) each["codeFlows"] = std::move(flows);
    }
    each["partialFingerprints"] = {{"interleave/v1", fmt::format("{}:{}", result.scenario->name, rule)}};
    each["properties"] = {{"scenario", result.scenario->name}, {"asExpected", result.as_expected}};
    if (failure && !failure->schedule.empty()) each["properties"]["schedule"] = failure->schedule;
    results_.push_back(std::move(each));
    rules_.insert(rule);
    document_.update(whole(false));
  }

  void end(bool finished) override { document_.finish(whole(finished)); }

 private:
  // `finished`: every scenario of the plan has been run.
  std::string whole(bool finished) const {
    Json rules = Json::array();
    for (const std::string& rule : rules_)
      rules.push_back({{"id", rule}, {"shortDescription", message(rule == undeclared ? "the verdict is not the declared one" : "a schedule fails: " + rule)}});
    const Json driver = {{"name", "Interleave"}, {"version", INTERLEAVE_VERSION}, {"rules", std::move(rules)}};
    Json run = {{"tool", {{"driver", driver}}}, {"invocations", Json::array({{{"executionSuccessful", finished}}})}, {"results", results_}};
    const Json document = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  Document document_;
  Json results_ = Json::array();
  std::set<std::string> rules_;
};

}  // namespace

std::unique_ptr<Writer> open_sarif(const std::string& file) { return std::make_unique<Sarif>(file); }

}  // namespace interleave::cli
