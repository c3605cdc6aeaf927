// Which strategies there are, and how a string such as "preemptions:bound=2/dfs" becomes one.
//
// A strategy registers itself by one static `Registration` in its own file. The registry is written before main and only read after.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "scheduler/model/strategy.hpp"
#include "scheduler/model/strategy_arguments.hpp"

namespace interleave::engine {

struct Registration {
  // Makes the strategy. `inner` is the strategy that a wrapper holds, and null for others. Throws UsageError for values, and for an `inner`,
  // that make no sense.
  using Make = std::function<std::unique_ptr<Strategy>(const Arguments&, std::unique_ptr<Strategy> inner)>;

  std::string_view name;
  std::string_view summary;         // one line, for `interleave strategies`
  std::vector<Argument> arguments;  // all that it takes; others are refused
  bool wraps = false;               // holds another strategy: NAME/INNER
  Make make;

  Registration(std::string_view name, std::string_view summary, std::vector<Argument> arguments, bool wraps, Make make);
  Registration(const Registration&) = delete;
};

// By name.
const std::vector<const Registration*>& registered_strategies();

// Makes the strategy of a string such as "dfs", "pct:depth=3" or "repeat/dfs". Throws UsageError, with the nearest names if there is no
// such strategy.
std::unique_ptr<Strategy> make_strategy(std::string_view text, std::uint64_t seed);

}  // namespace interleave::engine
