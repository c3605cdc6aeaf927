#include "scheduler/report/json.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "scheduler/support/clean_text.hpp"

namespace interleave {

std::string_view word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "pass";
    case Verdict::fail: return "fail";
    case Verdict::incomplete: return "incomplete";
  }
  return "?";
}

std::string_view word_of(OperationClass does) {
  switch (does) {
    case OperationClass::other: return "other";
    case OperationClass::reads: return "reads";
    case OperationClass::writes: return "writes";
    case OperationClass::takes: return "takes";
    case OperationClass::gives: return "gives";
    case OperationClass::waits: return "waits";
    case OperationClass::resumes: return "resumes";
    case OperationClass::wakes: return "wakes";
    case OperationClass::starts: return "starts";
    case OperationClass::joins: return "joins";
    case OperationClass::joins_all: return "joins_all";
    case OperationClass::begins: return "begins";
    case OperationClass::ends: return "ends";
    case OperationClass::note: return "note";
  }
  return "?";
}

std::string_view word_of(Hold hold) {
  switch (hold) {
    case Hold::exclusive: return "exclusive";
    case Hold::shared: return "shared";
    case Hold::permit: return "permit";
  }
  return "?";
}

std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (const char c : clean_text(text, [](char32_t) { return true; })) {
    switch (c) {
      case '"': json += "\\\""; break;
      case '\\': json += "\\\\"; break;
      case '\n': json += "\\n"; break;
      case '\t': json += "\\t"; break;
      case '\r': json += "\\r"; break;
      case '<': json += "\\u003c"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else json += c;
    }
  }
  return json + "\"";
}

std::string json_of(std::string_view name, const Report& report, std::string_view more) {
  std::string json = fmt::format("{{\"schema\":1,\"version\":\"{}\",\"scenario\":{},{}", INTERLEAVE_VERSION, json_string(name), more);
  const char* asked = std::getenv("INTERLEAVE_OUTCOMES");
  const bool with_witnesses = asked != nullptr && *asked != '\0' && *asked != '0';
  std::string_view comma = "";
  fields(report, [&](std::string_view member, const auto& value) {
    if (!is_told(member, report, with_witnesses)) return;
    json.append(comma).append(json_string(member)).append(":");
    append_json(json, value);
    comma = ",";
  });
  return json + "}";
}

}  // namespace interleave
