#include "scheduler/api/variables.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>
#include "scheduler/api/environment.hpp"
#include "scheduler/api/model_options.hpp"
#include "scheduler/support/did_you_mean.hpp"

namespace interleave {
namespace {

// What a value may be. Text: anything; who uses it knows more.
struct Variable {
  enum Kind { text, switch_, number, duration };
  std::string_view name;
  Kind             kind = text;
  std::uint64_t    least = 0, most = ~std::uint64_t{0};  // of a number
};

constexpr std::uint64_t mib_most = std::uint64_t{1} << 30;

constexpr Variable own_variables[] = {
    // Options of an exploration (environment.hpp). Those of model_options.hpp are known, too.
    {"INTERLEAVE_STRATEGY"},
    {"INTERLEAVE_SEED", Variable::number},
    {"INTERLEAVE_SCHEDULE"},
    {"INTERLEAVE_EXECUTIONS", Variable::number},
    {"INTERLEAVE_STEPS", Variable::number},
    {"INTERLEAVE_TIME", Variable::duration},
    {"INTERLEAVE_REQUIRE_COMPLETE", Variable::switch_},
    {"INTERLEAVE_CHECK"},
    {"INTERLEAVE_SHRINK", Variable::switch_},
    // How the process is to go about it.
    {"INTERLEAVE_SEARCH_STEPS", Variable::number},             // before the default search gives way to sampling
    {"INTERLEAVE_SEARCH_TIME", Variable::duration},            // likewise, processor time
    {"INTERLEAVE_DRAW_TIME", Variable::duration},              // for how long executions are drawn beside it, processor time
    {"INTERLEAVE_DEADLINE", Variable::duration},               // of this process, from its start
    {"INTERLEAVE_MEMORY_MB", Variable::number, 1, mib_most},   // of a strategy, and of the heap of an execution
    {"INTERLEAVE_STACK_KB", Variable::number, 64, 1u << 20},   // of a modelled thread
    {"INTERLEAVE_WATCHDOG", Variable::duration},               // how long nothing may happen; 0: for ever
    {"INTERLEAVE_BREAK"},                                      // a replay stops in the debugger where it fails
    {"INTERLEAVE_SCHEDULE_OPTIONAL", Variable::switch_},       // a schedule that belongs to no exploration is no mistake
    {"INTERLEAVE_QUIET", Variable::switch_},
    {"INTERLEAVE_TRUST"},
    {"INTERLEAVE_OWN"},
    {"INTERLEAVE_SUPPRESSIONS"},
    {"INTERLEAVE_REPORT"},                                     // a folder for pages
    {"INTERLEAVE_JSON"},                                       // a file for lines of JSON
    {"INTERLEAVE_OUTCOMES", Variable::switch_},                // a table of the outcomes
    {"INTERLEAVE_CORPUS"},                                     // 0: past failures are not kept; or the folder of those
    {"INTERLEAVE_PROJECT"},                                    // the folder of the project, whose corpus is in .interleave
    {"INTERLEAVE_CORPUS_RUN"},                                 // a file for what `interleave corpus run` asks
    {"INTERLEAVE_TRACE"},                                      // how much of a failing schedule is shown
    {"INTERLEAVE_COLOR"},
    {"INTERLEAVE_JOBS", Variable::number},                     // of the command, like the next three
    {"INTERLEAVE_JUNIT"},
    {"INTERLEAVE_TOKENS"},
    {"INTERLEAVE_SARIF"},
    {"INTERLEAVE_DPOR_FAULT"},                                 // of the tests of the oracle
};

constexpr auto variables = [] {
  std::array<Variable, std::size(own_variables) + std::size(model_options)> all{};
  auto next = std::copy(std::begin(own_variables), std::end(own_variables), all.begin());
  for (const ModelOption& option : model_options) *next++ = {option.variable, option.on != nullptr ? Variable::switch_ : Variable::text};
  return all;
}();

// Not ours: where CMake looks for the package, and what tests are told.
bool of_others(std::string_view name) { return name == "INTERLEAVE_DIR" || name == "INTERLEAVE_ROOT" || name.substr(0, 16) == "INTERLEAVE_TEST_"; }

const Variable* known(std::string_view name) {
  const auto at = std::find_if(std::begin(variables), std::end(variables), [&](const Variable& each) { return each.name == name; });
  return at == std::end(variables) ? nullptr : at;
}

void check(const Variable& variable, std::string_view value) {
  switch (variable.kind) {
    case Variable::text: return;
    case Variable::switch_: parse_switch(value, variable.name); return;
    case Variable::duration: parse_duration(value, variable.name); return;
    case Variable::number: {
      const std::uint64_t number = parse_number(value, variable.name);
      if (number < variable.least || number > variable.most)
        throw UsageError(std::string(variable.name) + "=" + std::string(value) + " makes no sense; use a whole number from " +
                         std::to_string(variable.least) + " to " + std::to_string(variable.most));
      return;
    }
  }
}

// Names of others begin in other ways.
bool looks_like_ours(std::string_view name) {
  constexpr std::string_view start = "INTERL";
  return name.size() > start.size() &&
         std::equal(start.begin(), start.end(), name.begin(), [](char a, char b) { return a == (b >= 'a' && b <= 'z' ? b - 'a' + 'A' : b); });
}

void say_unknown(std::string_view name) {
  static auto* said = new std::set<std::string, std::less<>>;
  if (!said->emplace(name).second) return;
  const auto far = [&](const Variable& each) { return engine::edit_distance(name, each.name); };
  const auto nearest = std::min_element(std::begin(variables), std::end(variables), [&](const Variable& a, const Variable& b) { return far(a) < far(b); });
  const std::size_t own = name.size() - std::min(name.size(), std::string_view("INTERLEAVE_").size());  // what tells it from the others
  const std::string asked = far(*nearest) <= (own + 1) / 2 ? "; did you mean " + std::string(nearest->name) + "?" : "";
  std::fprintf(stderr, "interleave: %.*s is no variable of Interleave, and has no effect%s\n", static_cast<int>(name.size()), name.data(), asked.c_str());
}

}  // namespace

void check_variables() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view all = *entry;
    const std::string_view name = all.substr(0, all.find('='));
    if (!looks_like_ours(name) || of_others(name)) continue;
    const Variable* variable = known(name);
    if (variable == nullptr) {
      say_unknown(name);
    } else if (name.size() + 1 < all.size()) {
      check(*variable, all.substr(name.size() + 1));
    }
  }
}

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const Variable* row = known(variable);
  assert(row != nullptr && row->kind == Variable::number);
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return otherwise;
  std::uint64_t number = 0;
  const std::string_view text = value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool sound = error == std::errc{} && end == text.data() + text.size() && number >= row->least && number <= row->most;
  return sound ? number : otherwise;
}

bool is_on(const char* variable) {
  const Variable* row = known(variable);
  assert(row != nullptr && (row->kind == Variable::switch_ || row->kind == Variable::text));
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return false;
  return row->kind != Variable::switch_ || parse_switch(value, variable);
}

}  // namespace interleave
