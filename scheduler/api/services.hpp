// What the engine gives to monitors, adapters and the `interleave` command, which are compiled with the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <interleave/interleave.hpp>

#pragma GCC visibility push(default)

namespace interleave::detail {

// As explore, but prints nothing of a pass: for those who print the report themselves.
Report explore_unsaid(const std::function<void()>& body, Options options, SourceLocation where = SourceLocation::current());

// A strategy that can be asked for by its name.
struct RegisteredStrategy {
  struct Argument {
    std::string key, help;
    std::uint64_t least = 0, most = ~std::uint64_t{0};  // what its number, or each of its numbers, may be
  };
  std::string name, summary;
  std::vector<Argument> arguments;
  bool wraps = false;  // holds another one: NAME/OTHER
  bool ends = false;   // runs out of executions by itself; false for those that sample, and for those that wrap
};
// All of them, by name; none on real threads.
std::vector<RegisteredStrategy> registered_strategies();

// Ends the execution as a failure of this kind. In the model it does not return; on real threads it records and returns.
void fail(std::string_view kind, std::string_view message, SourceLocation where);

// Tells the calling thread from all others, and names it for a reader.
std::uint64_t thread_key() noexcept;
std::string   thread_label();

// The calling thread goes into a section that at most `most` threads may be in, or comes out of it. For strategies: what is wrong
// already is found by the monitor.
void section_entered(std::uint64_t section, std::size_t most) noexcept;
void section_left(std::uint64_t section) noexcept;

// A checker of this library, as `interleave checkers` lists it.
struct RegisteredChecker {
  std::string name, help, watches;
  bool        by_default = false;
};
std::vector<RegisteredChecker> registered_checkers();  // by name
// Throws UsageError if `checks`, a value of Options::checks, has an unknown name; `what` says where the value comes from.
void validate_checks(std::string_view checks, std::string_view what);

}  // namespace interleave::detail

#pragma GCC visibility pop
