// A report as JSON, on one line: what the command's --json writes (cli/json.cpp), for the pages of reports and for INTERLEAVE_JSON. It needs no
// library, so that no program that links the model loads one.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/observer.hpp>

#include "scheduler/report/codec.hpp"

namespace interleave {

// As the documents name them.
std::string_view word_of(Verdict verdict);
std::string_view word_of(OperationClass does);
std::string_view word_of(Hold hold);

// The text in quotes. What is no UTF-8 becomes U+FFFD. It can stand within a <script> of HTML: there is no "<" in it.
std::string json_string(std::string_view text);

template <class T>
void append_json(std::string& json, const T& value) {
  const auto append_number = [&](auto number) {
    char digits[32];
    json.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  };
  if constexpr (std::is_enum_v<T>) {
    json += json_string(word_of(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    json += value ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    append_number(value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    json += json_string(value);
  } else if constexpr (codec::Pair<const T>) {  // an object, and what is known of it
    json += "{\"name\":" + json_string(value.first) + ",\"description\":" + json_string(value.second) + "}";
  } else if constexpr (codec::Optional<const T>) {
    if (value) append_json(json, *value);
    else json += "null";
  } else if constexpr (codec::Map<T>) {
    json += "{";
    for (std::string_view comma = ""; const auto& [key, each] : value) {
      json.append(comma).append(json_string(key)).append(":");
      append_json(json, each);
      comma = ",";
    }
    json += "}";
  } else if constexpr (codec::List<const T>) {
    json += "[";
    for (std::string_view comma = ""; const auto& each : value) {
      json += comma;
      append_json(json, each);
      comma = ",";
    }
    json += "]";
  } else {
    json += "{";
    std::string_view comma = "";
    fields(value, [&](std::string_view name, const auto& member) {
      json.append(comma).append(json_string(name)).append(":");
      append_json(json, member);
      comma = ",";
    });
    json += "}";
  }
}

// Whether a document has this member of a report: some are there only where they say something. Witnesses are as long as all the rest: they are there
// where they are asked for.
inline bool is_told(std::string_view member, const Report& report, bool with_witnesses) {
  if (member == "estimate") return !report.estimate.empty();
  if (member == "witnesses") return with_witnesses;
  if (member == "drawn_executions" || member == "drawn_seed") return report.drawn_executions > 0;
  if (member == "past_executions" || member == "past_failure") return report.past_executions > 0;
  return true;
}

// One result: the keys of the command's, behind "schema", "version" and "scenario". `more`: further members, as "\"a\":1,", or nothing.
std::string json_of(std::string_view name, const Report& report, std::string_view more = {});

}  // namespace interleave
