// What the tests of this folder share. A test explores a body to its end with `dfs`, which visits every interleaving exactly
// once, so that the number of executions is a fact of the body: the comment beside it counts by hand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>
#include <interleave/scheduler/observer.hpp>

#include "scheduler/report/fields.hpp"

#include "../text_of.hpp"

using Outcomes = std::map<std::string, std::uint64_t>;

// Every interleaving, also beyond a failure.
inline interleave::Report explore_all(const std::function<void()>& body, interleave::Options options = {}) {
  if (options.name.empty()) options.name = "explore_all";
  if (options.strategy.empty()) options.strategy = "dfs";
  options.stop_at_first_failure = false;
  return interleave::explore(body, options);
}

// The body holds in every interleaving, of which there are `executions`.
#define CHECK_HOLDS(report, expected_executions)                 \
  do {                                                           \
    const interleave::Report& report_ = (report);                \
    INFO(text_of(report_));                                      \
    CHECK(report_.verdict == interleave::Verdict::pass);         \
    CHECK(report_.complete);                                     \
    CHECK(report_.executions == (expected_executions));          \
  } while (false)

// Of all interleavings, of which there are `executions`, exactly `failing` fail, the shortest with a failure of this kind.
#define CHECK_FAILS(report, expected_executions, expected_failing, expected_kind) \
  do {                                                           \
    const interleave::Report& report_ = (report);                \
    INFO(text_of(report_));                                      \
    CHECK(report_.verdict == interleave::Verdict::fail);         \
    CHECK(report_.executions == (expected_executions));          \
    CHECK(report_.failing == (expected_failing));                \
    REQUIRE(report_.failure.has_value());                        \
    CHECK(report_.failure->kind == (expected_kind));             \
    CHECK_FALSE(report_.failure->schedule.empty());              \
  } while (false)

// The outcomes, and how many executions had each.
#define CHECK_OUTCOMES(report, ...)                              \
  do {                                                           \
    INFO(text_of(report));                                       \
    CHECK((report).outcomes == Outcomes __VA_ARGS__);            \
  } while (false)

// The outcomes, however often each was seen.
#define CHECK_OUTCOME_SET(report, ...)                           \
  do {                                                           \
    INFO(text_of(report));                                       \
    CHECK(names_of((report).outcomes) == std::vector<std::string> __VA_ARGS__); \
  } while (false)

inline std::vector<std::string> names_of(const Outcomes& outcomes) {
  std::vector<std::string> names;
  for (const auto& [name, count] : outcomes) names.push_back(name);
  return names;
}

// The same of a report, for comparing those of two.
inline std::set<std::string> values(const interleave::Report& report) {
  const std::vector<std::string> names = names_of(report.outcomes);
  return {names.begin(), names.end()};
}

// Remembers every execution as the threads that stepped, one character each: "112" is two steps of thread 1 and one of 2.
class Orders final : public interleave::Observer {
 public:
  void begin_execution() override { orders_.emplace_back(); }
  std::optional<interleave::Objection> on_step(const interleave::ObservedStep& step) override {
    orders_.back() += static_cast<char>('0' + step.thread);
    return std::nullopt;
  }
  const std::vector<std::string>& orders() const { return orders_; }

 private:
  std::vector<std::string> orders_;
};

// All members of a part of a failure (fields.hpp), on one line.
template <class Part>
std::string line_of(const Part& part) {
  std::string text;
  interleave::fields(part, [&](std::string_view, const auto& member) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, std::string>) {
      text += member + "|";
    } else {
      text += std::to_string(static_cast<std::uint64_t>(member)) + "|";
    }
  });
  return text + "\n";
}

// The failure as text that is equal only if everything that is told of it is; how it was found is left out.
inline std::string text_of(const interleave::Failure& failure) {
  std::string text = failure.kind + "|" + failure.message + "|" + std::to_string(failure.step) + "\n";
  for (const auto& event : failure.trace) text += line_of(event);
  for (const auto& thread : failure.threads) text += line_of(thread);
  for (const auto& [object, known] : failure.objects) text += object + "|" + known + "\n";
  return text;
}
