// An annotation as GitHub's workflows read it from what a step prints: "::error file=a.cpp,line=3,title=...::message".
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "scheduler/support/clean_text.hpp"

namespace interleave {

// As the runner undoes it: a message has %, CR and LF escaped, a property : and , as well.
inline std::string escaped_for_annotation(std::string_view text, bool property) {
  std::string escaped;
  for (const char c : clean_text(text, [](char32_t code) { return code >= 0x20 || code == '\n' || code == '\r' || code == '\t'; })) {
    if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) escaped += fmt::format("%{:02X}", static_cast<unsigned>(c));
    else escaped += c;
  }
  return escaped;
}

// One line. `file`: relative to the folder of the repository, if it is below it; empty: the place is not known.
inline std::string annotation(std::string_view file, unsigned line, std::string_view title, std::string_view message) {
  const std::string place = file.empty() ? "" : fmt::format("file={},line={},", escaped_for_annotation(file, true), line);
  return fmt::format("::error {}title={}::{}\n", place, escaped_for_annotation(title, true), escaped_for_annotation(message, false));
}

}  // namespace interleave
