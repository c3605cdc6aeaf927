// A scenario: a small program with the verdict and the exact set of outcomes that it must have.
//
// A scenario is one object at namespace scope in one file of this folder; constructing it registers it. The registry is
// written before main and only read after.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <interleave/interleave.hpp>

namespace interleave::scenarios {

// How a scenario is meant to be explored.
enum class Effort {
  search,          // exhaustively, by any search
  search_reduced,  // exhaustively, but out of reach of plain depth-first search: needs a reducing strategy
  bounded,         // up to the bound that options.strategy states ("preemptions:bound=4/dfs"); if none does, by hand only
  sample,          // by sampling
};

struct Definition {
  std::string name = {};                   // group/variant
  std::string summary = {};                // one sentence: what it shows
  Verdict     expect = Verdict::pass;
  std::string failure_kind = {};           // of the expected failure
  std::vector<std::string> outcomes = {};  // the exact set, over all executions that reach outcome(); empty: none is declared
  Effort      effort = Effort::search;
  std::uint64_t classes = 0;          // executions of an optimal search; 0: not declared
  std::uint64_t failing_classes = 0;  // of these, those that fail; 0: not declared
  std::uint64_t interleavings = 0;    // executions of a plain search; 0: not declared
  double        random_rate = 0;      // how likely a random walk fails; 0: not declared
  Options     options = {};                // spurious_wakeups, interrupts, steps_max, ... where the scenario needs them
  bool        hangs = false;          // may sleep for ever by design: left out of runs on real threads
  bool        spins = false;          // threads wait by spinning: a search may begin executions in vain
  bool        canary = false;         // has a data race by design: ThreadSanitizer must report it
  std::function<void()> body = {};
};

class Scenario {
 public:
  explicit Scenario(Definition definition);
  const Definition& definition() const { return definition_; }

 private:
  Definition definition_;
};

// All scenarios, sorted by name.
const std::vector<const Scenario*>& all();

// The scenario of that name, or null.
const Scenario* find(std::string_view name);

}  // namespace interleave::scenarios
