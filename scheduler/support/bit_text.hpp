// Numbers as text that can be pasted into a shell, an address and a file name: bits, six of them a base64url character, most significant first.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace interleave::engine {

inline constexpr std::string_view bit_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Bits into characters, which are appended to a string.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}

  void bits(std::uint64_t value, int count) {
    while (count-- > 0) {
      pending_ = pending_ << 1 | (value >> count & 1);
      if (++filled_ == 6) flush();
    }
  }

  // Elias gamma: as many zeros as the number has further bits, then the number. REQUIRES: value > 0.
  void gamma(std::uint64_t value) {
    assert(value > 0);
    const int width = static_cast<int>(std::bit_width(value));
    bits(0, width - 1);
    bits(value, width);
  }

  // Fills the last character with zeros: never mistaken for a number, because a number has a 1 in it.
  void pad() {
    while (filled_ != 0) bits(0, 1);
  }

 private:
  void flush() {
    out_ += bit_characters[pending_];
    pending_ = 0;
    filled_ = 0;
  }

  std::string& out_;
  unsigned pending_ = 0;
  int filled_ = 0;
};

// Characters into bits. Every method answers nothing once the text does not hold what was asked for.
class BitReader {
 public:
  // REQUIRES: `text` consists of bit_characters, and lives as long as this.
  explicit BitReader(std::string_view text) : text_(text) {}

  std::optional<std::uint64_t> bits(int count) {
    if (static_cast<std::size_t>(count) > left()) return std::nullopt;
    std::uint64_t value = 0;
    while (count-- > 0) value = value << 1 | next();
    return value;
  }

  std::optional<std::uint64_t> gamma() {
    int further = 0;
    while (left() > 0 && next() == 0) ++further;
    if (left() < static_cast<std::size_t>(further) || further > 62) return std::nullopt;
    const auto rest = bits(further);
    return std::uint64_t{1} << further | *rest;
  }

  // Only the zeros that fill the last character are left.
  bool at_padding() const {
    if (left() >= 6) return false;
    for (std::size_t i = position_; i < text_.size() * 6; ++i) {
      if (bit(i) != 0) return false;
    }
    return true;
  }

 private:
  std::size_t left() const { return text_.size() * 6 - position_; }
  unsigned next() { return bit(position_++); }
  unsigned bit(std::size_t i) const {
    return static_cast<unsigned>(bit_characters.find(text_[i / 6])) >> (5 - i % 6) & 1;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace interleave::engine
