// Lines of text for a terminal: how wide they are, how they are shortened, broken and coloured. Text is UTF-8, and a character is a
// column.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "scheduler/report/report.hpp"

namespace interleave::lines {

using Lines = std::vector<std::string>;

enum class Ink { plain, red, green, yellow, dim };

inline std::string paint(std::string_view text, Ink ink, const RenderOptions& options) {
  if (!options.color || ink == Ink::plain) return std::string(text);
  constexpr std::string_view codes[] = {"", "1;31", "1;32", "1;33", "2"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<int>(ink)], text);
}

inline bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }  // UTF-8

inline std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// One line: a control character could move the cursor or end the line.
inline std::string clean(std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return line;
}

inline std::string_view first(std::string_view text, std::size_t wanted) {
  auto at = text.begin();
  for (std::size_t seen = 0; at != text.end(); ++at) {
    if (begins_character(*at) && seen++ == wanted) break;
  }
  return text.substr(0, static_cast<std::size_t>(at - text.begin()));
}

inline std::string_view last(std::string_view text, std::size_t wanted) {
  return text.substr(first(text, columns(text) - std::min(wanted, columns(text))).size());
}

inline constexpr std::string_view dots = "...";

// Shortened at the end: the beginning of an operation says most.
inline std::string clip(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  return width <= dots.size() ? std::string(first(text, width)) : fmt::format("{}{}", first(text, width - dots.size()), dots);
}

// Shortened at the beginning: the end of a place is the line that the reader wrote.
inline std::string clip_front(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  return width <= dots.size() ? std::string(last(text, width)) : fmt::format("{}{}", dots, last(text, width - dots.size()));
}

inline std::string pad(std::string text, std::size_t width) {
  text.append(width - std::min(width, columns(text)), ' ');
  return text;
}

inline std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

inline std::string joined(std::string_view a, std::string_view b) {
  return a.empty() || b.empty() ? fmt::format("{}{}", a, b) : fmt::format("{} {}", a, b);
}

inline std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

// Lines of at most `width`, broken between words and where the text itself breaks.
inline Lines wrapped(std::string_view text, std::size_t width) {
  Lines lines;
  while (!text.empty()) {
    const auto line_end = std::min(text.find('\n'), text.size());
    const std::string line = clean(text.substr(0, line_end));
    text.remove_prefix(std::min(line_end + 1, text.size()));
    std::string_view rest = line;
    while (columns(rest) > width) {
      const auto fitting = first(rest, width + 1);
      auto cut = fitting.rfind(' ');
      if (cut == fitting.npos || cut == 0) cut = first(rest, width).size();
      lines.emplace_back(rest.substr(0, cut));
      rest.remove_prefix(cut);
      rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    lines.emplace_back(rest);
  }
  return lines;
}

inline void append(Lines& lines, const Lines& more) { lines.insert(lines.end(), more.begin(), more.end()); }

inline std::string text_of(const Lines& lines) {
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

// A thread, what it does and a place need this much; a narrower terminal folds the lines itself.
inline RenderOptions readable(RenderOptions options) {
  options.width = std::max<std::size_t>(options.width, 40);
  return options;
}

}  // namespace interleave::lines
