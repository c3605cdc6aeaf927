// The part of a strategy string behind the name: pairs key=value, and the seed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace interleave::engine {

// For Argument::most where the value is how many steps, or events of a thread: no execution has more, and 65,536 of them can be added up.
inline constexpr std::uint64_t steps_most = std::uint64_t{1} << 40;
// For Argument::most where every number is a value.
inline constexpr std::uint64_t number_most = ~std::uint64_t{0};

// An argument that a strategy takes: a whole number, or a list of them with dots between them.
struct Argument {
  std::string_view key;
  std::string_view help;        // one phrase, with what holds where it is not given
  std::uint64_t    least, most;  // what each number may be; anything else is refused. A strategy need not check again
  bool             is_list = false;
};

class Arguments {
 public:
  // `text`: the pairs, with commas between them; may be empty. Throws UsageError for what is no pair, for a key that is not among `known`, and
  // for a value of another form, or outside of the bounds, than its key declares: in one sentence that says what would do.
  Arguments(std::string_view strategy, std::string_view text, std::span<const Argument> known, std::uint64_t seed);

  std::uint64_t seed() const { return seed_; }

  // `otherwise` if the key is not given. REQUIRES: `key` is known, and no list.
  std::uint64_t number(std::string_view key, std::uint64_t otherwise) const { return optional_number(key).value_or(otherwise); }
  // Nothing if the key is not given. REQUIRES: `key` is known, and no list.
  std::optional<std::uint64_t> optional_number(std::string_view key) const;
  // None if the key is not given. REQUIRES: `key` is known, and a list.
  std::vector<std::uint64_t> numbers(std::string_view key) const;

 private:
  const Argument* known(std::string_view key) const;  // null: it is none
  std::vector<std::uint64_t> read(const Argument& argument, std::string_view text) const;

  std::string strategy_;
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> values_;
  std::span<const Argument> known_;
  std::uint64_t seed_;
};

}  // namespace interleave::engine
