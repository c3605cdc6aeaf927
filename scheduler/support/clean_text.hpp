// Text that may hold any bytes as text that is UTF-8, for formats that allow nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace interleave {

struct Character {
  std::size_t size = 0;  // 0: these bytes are no character
  char32_t    code = 0;
};

// The character that the text begins with. REQUIRES: the text is not empty.
inline Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {1, byte(0)};
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return {};
  char32_t code = byte(0) & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < least[size] || surrogate || code > 0x10ffff) return {};
  return {size, code};
}

// Valid UTF-8: every byte that is no part of a character is replaced by U+FFFD, and so is every character that `keeps` refuses.
inline std::string clean_text(std::string_view text, bool (*keeps)(char32_t)) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const Character next = first_character(text);
    const bool kept = next.size != 0 && keeps(next.code);
    clean += kept ? text.substr(0, next.size) : replacement;
    text.remove_prefix(next.size == 0 ? 1 : next.size);
  }
  return clean;
}

}  // namespace interleave
