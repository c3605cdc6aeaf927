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

// An argument that a strategy takes.
struct Argument {
  std::string_view key;
  std::string_view help;  // one phrase, with what holds where it is not given
};

class Arguments {
 public:
  // `text`: the pairs, with commas between them; may be empty. Throws UsageError for a key that is not among `known`, and for what is no
  // pair.
  Arguments(std::string_view strategy, std::string_view text, std::span<const Argument> known, std::uint64_t seed);

  std::uint64_t seed() const { return seed_; }

  // REQUIRES for all of them: `key` is among the known ones. All throw UsageError for a value of another form.

  // A whole number of at least `least`; `otherwise` if the key is not given.
  std::uint64_t number(std::string_view key, std::uint64_t otherwise, std::uint64_t least = 0) const;
  // A whole number; nothing if the key is not given.
  std::optional<std::uint64_t> optional_number(std::string_view key) const;
  // Whole numbers with dots between them; none if the key is not given.
  std::vector<std::uint64_t> numbers(std::string_view key) const;

 private:
  bool is_known(std::string_view key) const;
  const std::string* value_of(std::string_view key) const;  // null: not given

  std::string strategy_;
  std::map<std::string, std::string, std::less<>> values_;
  std::span<const Argument> known_;
  std::uint64_t seed_;
};

}  // namespace interleave::engine
