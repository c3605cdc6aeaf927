// The documents of --json, schema 1. Keys keep their order and their meaning; new ones may be added.
//
// Seeds are 64-bit numbers: a reader that keeps numbers as doubles (jq, JavaScript) rounds large ones. The schedule is a string.
#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include <interleave/scheduler/observer.hpp>

#include "scheduler/report/json.hpp"

#include "document.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

using Json = nlohmann::ordered_json;

// What a program says need not be UTF-8; the document is.
std::string dumped(const Json& document) { return document.dump(2, ' ', false, Json::error_handler_t::replace); }

Json head() { return {{"schema", 1}, {"version", INTERLEAVE_VERSION}}; }

std::string_view effort_of(const scenarios::Definition& scenario) {
  switch (scenario.effort) {
    case scenarios::Effort::search:
    case scenarios::Effort::search_reduced: return "search";
    case scenarios::Effort::bounded: return "bounded";
    case scenarios::Effort::sample: return "sample";
  }
  return "?";
}

Json json_of_scenario(const scenarios::Definition& scenario) {
  return {{"name", scenario.name},
          {"summary", scenario.summary},
          {"expected", name_of(scenario.expect)},
          {"failure_kind", scenario.failure_kind},
          {"outcomes", scenario.outcomes},
          {"explore", effort_of(scenario)},
          {"needs_reduction", scenario.effort == scenarios::Effort::search_reduced},
          {"hangs", scenario.hangs},
          {"canary", scenario.canary}};
}

// The members of a struct, by their names (fields.hpp).
template <class T>
Json json_of(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return word_of(value);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (codec::Pair<const T>) {  // an object, and what is known of it
    return {{"name", value.first}, {"description", value.second}};
  } else if constexpr (codec::Optional<const T>) {
    return value ? json_of(*value) : Json();
  } else if constexpr (codec::Map<T>) {
    Json object = Json::object();
    for (const auto& [key, each] : value) object[key] = json_of(each);
    return object;
  } else if constexpr (codec::List<const T>) {
    Json array = Json::array();
    for (const auto& each : value) array.push_back(json_of(each));
    return array;
  } else {
    Json object = Json::object();
    fields(value, [&](std::string_view name, const auto& member) { object[std::string(name)] = json_of(member); });
    return object;
  }
}

Json json_of_result(const Result& result, bool with_witnesses) {
  const Report& report = result.report;
  // The keys that are no members of the report stand where they always stood.
  Json object = {{"scenario", result.scenario->name}, {"strategy", nullptr}, {"seed", nullptr}, {"expected", name_of(result.scenario->expect)},
                 {"verdict", nullptr}, {"as_expected", result.as_expected}};
  fields(report, [&](std::string_view name, const auto& member) {
    if (is_told(name, report, with_witnesses)) object[std::string(name)] = json_of(member);
  });
  // With the failure's seed goes the strategy as it was resolved by then.
  if (report.failure && !report.failure->strategy.empty()) object["strategy"] = report.failure->strategy;
  return object;
}

// What `array` has between its brackets, one level further in.
std::string inside(const Json& array) {
  const std::string text = dumped(array);
  return text == "[]" ? "" : text.substr(1, text.rfind('\n') - 1);
}

// The text is put together from those of the results: after each of them a file is written anew.
class JsonDocument final : public Writer {
 public:
  explicit JsonDocument(const std::string& file) : document_(file) {}

  void list(const Selection& scenarios) override {
    Json list = head();
    list["scenarios"] = Json::array();
    for (const auto* scenario : scenarios) list["scenarios"].push_back(json_of_scenario(*scenario));
    document_.finish(dumped(list) + "\n");
  }

  void begin(const Plan& plan) override {
    Writer::begin(plan);
    if (document_.takes_updates()) document_.update(whole());
  }
  void result(const Result& result) override {
    results_ += (results_.empty() ? "" : ",") + indented(inside(Json::array({json_of_result(result, asked_for("--outcomes"))})));
    ++written_;
    if (document_.takes_updates()) document_.update(whole());
  }
  void end(bool) override { document_.finish(whole()); }

 private:
  bool asked_for(std::string_view format) const {
    return std::any_of(plan().outputs.begin(), plan().outputs.end(), [&](const Wanted& each) { return each.format == format; });
  }
  std::string whole() const {
    Json not_run = Json::array();
    for (std::size_t i = written_; i < plan().run.size(); ++i)
      not_run.push_back({{"scenario", plan().run[i]->name}, {"reason", "the command ended before this scenario did"}});
    for (const auto* scenario : plan().not_run) not_run.push_back({{"scenario", scenario->name}, {"reason", needs(*scenario)}});
    Json document = head();
    document["results"] = Json::array();
    document["not_run"] = std::move(not_run);
    std::string text = dumped(document) + "\n";
    if (!results_.empty()) {
      constexpr std::string_view nothing = "\"results\": []";
      text.replace(text.find(nothing), nothing.size(), "\"results\": [" + results_ + "\n  ]");
    }
    return text;
  }
  // A text within JSON has no line breaks, so each one begins a line of the document.
  static std::string indented(std::string_view lines) {
    std::string text;
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      text += lines.substr(0, end);
      if (end < lines.size()) text += "\n  ";
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return text;
  }

  Document document_;
  std::string results_;  // indented as they stand in the document
  std::size_t written_ = 0;
};

}  // namespace

std::unique_ptr<Writer> open_json(const std::string& file) { return std::make_unique<JsonDocument>(file); }

}  // namespace interleave::cli
