// The model options in a token, as the table (api/model_options.hpp) says; bit patterns that older versions never wrote mark the further parts.
//
//     flags  [11  further]  [11  extension]  races          `further` is written where a bit of it is set, or an extension follows
//     |           |              |           |
//     |           |              |           two bits: 0, 1 or 2. 3 stands for one of the parts in brackets
//     |           |              how many options follow, at least one; of each, by number: what the number is more than the one before,
//     |           |              and the number of its value, which is not the default. All in Elias gamma code
//     |           four bits, of which three belong to the schedule itself
//     three bits
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "scheduler/api/model_options.hpp"
#include "scheduler/support/bit_text.hpp"

namespace interleave::engine {

namespace option_code {
inline constexpr int flag_bits = 3, further_bits = 4, races_bits = 2;
inline constexpr std::uint64_t another_part = 3;  // in the place of `races`

// The row of the table that has this place, or one beyond the last.
inline std::size_t row_at(std::span<const ModelOption> table, TokenPart part, std::uint64_t at) {
  std::size_t row = 0;
  while (row < table.size() && (table[row].token.part != part || table[row].token.at != at)) ++row;
  return row;
}

inline std::uint64_t value_at(std::span<const ModelOption> table, std::span<const std::uint8_t> numbers, TokenPart part, std::uint64_t at) {
  const std::size_t row = row_at(table, part, at);
  return row < table.size() ? numbers[row] : 0;
}

// False: there is no such option, or no such value of it.
inline bool set_at(std::span<const ModelOption> table, std::span<std::uint8_t> numbers, TokenPart part, std::uint64_t at, std::uint64_t number) {
  const std::size_t row = row_at(table, part, at);
  if (row == table.size() || number >= number_of_values(table[row])) return false;
  numbers[row] = static_cast<std::uint8_t>(number);
  return true;
}
}  // namespace option_code

// `numbers`: of the values, by row of the table. `of_schedule`: the bits of `further` that are no options.
inline void write_options(BitWriter& out, std::span<const ModelOption> table, std::span<const std::uint8_t> numbers, std::uint64_t of_schedule) {
  using namespace option_code;
  const auto value = [&](TokenPart part, std::uint64_t at) { return value_at(table, numbers, part, at); };
  for (std::uint64_t at = 0; at < flag_bits; ++at) out.bits(value(TokenPart::flags, at), 1);
  std::uint64_t further = of_schedule;
  for (std::uint64_t at = 0; at < further_bits; ++at) further |= value(TokenPart::further, at) << at;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extension;  // number of the option, number of the value
  for (std::size_t row = 0; row < table.size(); ++row)
    if (table[row].token.part == TokenPart::extension && numbers[row] != 0) extension.emplace_back(table[row].token.at, numbers[row]);
  std::sort(extension.begin(), extension.end());
  if (further != 0 || !extension.empty()) {
    out.bits(another_part, races_bits);
    out.bits(further, further_bits);
  }
  if (!extension.empty()) {
    out.bits(another_part, races_bits);
    out.gamma(extension.size());
    std::uint64_t before = 0;
    for (const auto& [option, number] : extension) {
      out.gamma(option - before);
      out.gamma(number);
      before = option;
    }
  }
  out.bits(value(TokenPart::races, 0), races_bits);
}

enum class OptionsRead { good, unknown, damaged };  // unknown: an option, or a value, of another version

// The reverse. REQUIRES: all of `numbers` are 0, and `table` has their options. `of_schedule_mask`: the bits of `further` that are no options.
inline OptionsRead read_options(BitReader& in, std::span<const ModelOption> table, std::span<std::uint8_t> numbers, std::uint64_t of_schedule_mask,
                                std::uint64_t& of_schedule) {
  using namespace option_code;
  bool known = true;
  const auto set = [&](TokenPart part, std::uint64_t at, std::uint64_t number) { known = set_at(table, numbers, part, at, number) && known; };
  for (std::uint64_t at = 0; at < flag_bits; ++at) {
    const auto flag = in.bits(1);
    if (!flag) return OptionsRead::damaged;
    if (*flag != 0) set(TokenPart::flags, at, 1);
  }
  auto races = in.bits(races_bits);
  if (races == another_part) {
    const auto further = in.bits(further_bits);
    races = in.bits(races_bits);
    if (!further || !races) return OptionsRead::damaged;
    of_schedule = *further & of_schedule_mask;
    for (std::uint64_t at = 0; at < further_bits; ++at)
      if (((*further & ~of_schedule_mask) >> at & 1) != 0) set(TokenPart::further, at, 1);
    if (races == another_part) {
      const auto count = in.gamma();
      if (!count) return OptionsRead::damaged;
      std::uint64_t option = 0;
      for (std::uint64_t i = 0; i < *count; ++i) {
        const auto more = in.gamma(), number = in.gamma();
        if (!more || !number) return OptionsRead::damaged;
        if (*more > std::numeric_limits<std::uint8_t>::max() - option) return OptionsRead::unknown;
        option += *more;
        set(TokenPart::extension, option, *number);
      }
      races = in.bits(races_bits);
    } else if (*further == 0) {
      return OptionsRead::unknown;  // nobody writes that
    }
  }
  if (!races) return OptionsRead::damaged;
  if (*races != 0) set(TokenPart::races, 0, *races);
  return known ? OptionsRead::good : OptionsRead::unknown;
}

}  // namespace interleave::engine
