// The values of all model options (model_options.hpp) as numbers, a byte each: what executions, schedules and the crash reporter carry instead of the
// texts of Options. 0 is the default of every option. Whoever acts on an option asks so, at the cost of comparing a byte with a constant:
//
//   run.options().model.has(model_value(&Options::spurious_wakeups))
//   run.options().model.has(model_value(&Options::clock, "virtual"))
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <interleave/interleave.hpp>

#include "scheduler/api/model_options.hpp"

namespace interleave {

// A value of an option: the row of the table, and the number of the value.
struct ModelValue {
  std::uint8_t row, number;
};

// Looked up while the code is compiled. What the table does not have does not compile.
consteval ModelValue model_value(bool Options::* member) {
  std::uint8_t row = 0;
  while (model_options[row].on != member) ++row;
  return {row, 1};
}
consteval ModelValue model_value(std::string Options::* member, std::string_view word) {
  std::uint8_t row = 0;
  while (model_options[row].word != member) ++row;
  const std::size_t number = number_of(model_options[row], word);
  if (number == number_of_values(model_options[row])) throw "the option has no such value";
  return {row, static_cast<std::uint8_t>(number)};
}

class ModelValues {
 public:
  ModelValues() = default;  // every option at its default

  // Throws UsageError for a value that an option has not.
  explicit ModelValues(const Options& options) {
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const ModelOption& option = model_options[i];
      const std::string value = value_of(option, options);
      check_value(option, value, option.name);
      numbers_[i] = static_cast<std::uint8_t>(option.word != nullptr ? number_of(option, value) : options.*option.on);
    }
  }

  bool has(ModelValue value) const { return numbers_[value.row] == value.number; }

  // These values of the options that a token records, the others at their defaults.
  ModelValues recorded() const {
    ModelValues values;
    for (std::size_t i = 0; i < numbers_.size(); ++i)
      if (model_options[i].is_recorded()) values.numbers_[i] = numbers_[i];
    return values;
  }

  // Sets the options that a token records, and leaves the others alone.
  void apply_recorded(Options& options) const {
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const ModelOption& option = model_options[i];
      if (!option.is_recorded()) continue;
      if (option.word != nullptr) {
        options.*option.word = word_of(option, numbers_[i]);
      } else {
        options.*option.on = numbers_[i] != 0;
      }
    }
  }

  // By row of the table. Whoever writes: a number that the option has a value for.
  std::span<const std::uint8_t> numbers() const { return numbers_; }
  std::span<std::uint8_t> numbers() { return numbers_; }

  bool operator==(const ModelValues&) const = default;

 private:
  std::array<std::uint8_t, std::size(model_options)> numbers_{};
};
static_assert(std::is_trivially_copyable_v<ModelValues>);  // one is in the memory that the crash reporter shares

}  // namespace interleave
