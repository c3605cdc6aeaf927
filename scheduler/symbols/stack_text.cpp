#include "scheduler/symbols/stack_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "scheduler/symbols/symbols.hpp"

namespace interleave {
namespace {

constexpr std::string_view call = "operator()";

// Without template arguments and lists of parameters, which nest; "operator<" and its kin are the name.
std::string without_arguments(std::string_view function) {
  std::string name;
  int depth = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    const std::string_view rest = function.substr(i);
    if (depth == 0 && rest.starts_with("operator")) {
      std::size_t length = std::string_view("operator").size();
      while (length < rest.size() && std::string_view("<>=-!").find(rest[length]) != std::string_view::npos) ++length;
      if (rest.starts_with(call)) length = call.size();
      name += rest.substr(0, length);
      i += length - 1;
      continue;
    }
    const char c = function[i];
    if (c == '<' || c == '(') ++depth;
    if (depth == 0) name += c;
    if (c == '>' || c == ')') --depth;
  }
  return name;
}

}  // namespace

std::string function_name(std::string_view function) {
  std::string name = without_arguments(function);
  if (const std::size_t at = name.find(" const"); at != name.npos) name.erase(at);
  const std::size_t space = name.rfind(' ');
  if (space != name.npos && name.find("operator ") == name.npos) name.erase(0, space + 1);
  return name;
}

std::string reader_name(std::string_view function) {
  std::string name = without_arguments(function);
  for (const std::string_view noise : {" const", " noexcept", "interleave::"})
    for (std::size_t at = 0; (at = name.find(noise, at)) != name.npos;) name.erase(at, noise.size());
  const std::size_t space = name.rfind(' ');
  if (space != name.npos) name.erase(0, space + 1);  // the type of the result
  while (name.find("::::") != name.npos) name.erase(name.find("::::"), 2);
  while (name.starts_with("::")) name.erase(0, 2);
  if (name == call) return "a lambda";  // g++ records no more of functions that the linker does not see
  std::size_t written = name.npos;
  for (const std::string_view lambda : {"{lambda", "'lambda", "$_"}) written = std::min(written, name.find(lambda));
  if (written == name.npos) return name;
  // A test case is a function whose name its framework makes up.
  const std::string within = name.substr(0, written < 2 ? 0 : written - 2);
  return within.empty() || within.find("C_A_T_C_H") != within.npos ? "a lambda" : "a lambda in " + within;
}

std::string stack_text(Symbols& symbols, std::span<const void* const> stack, std::size_t frames_max) {
  std::vector<const Frame*> own;
  std::size_t client = 0;  // the first that is not in an installed header; after the last: there is none
  for (const void* address : stack) {
    for (const Frame& frame : symbols.frames(address)) {
      if (frame.library) continue;
      if (frame.installed && client == own.size()) ++client;
      own.push_back(&frame);
    }
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(own.size(), frames_max); ++i) {
    const bool last = i + 1 == frames_max && frames_max > 1;
    const bool skips = last && client >= frames_max && client < own.size();  // a reader wants to know who called the library
    const Frame& frame = *own[skips ? client : i];
    const std::string name = reader_name(frame.function);
    text += fmt::format("{}{}{}", text.empty() ? "" : skips ? " <- ... <- " : " <- ", place(frame), name.empty() || frame.line == 0 ? "" : " in " + name);
  }
  if (!text.empty() || stack.empty()) return text;
  return place(symbols.frames(stack.front()).front());
}

}  // namespace interleave
