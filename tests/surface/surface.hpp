// What the tests of this folder share: the whole surface of the standard's and POSIX's threads, function by function
// (docs/surface.md names the test of each). A test says what a body can come to, and in how many interleavings: the model
// explores them all. The same object files run on real threads under ThreadSanitizer, where whatever a body comes to must be
// among the outcomes that the model found.
#pragma once

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

#include "../linked_with_the_model.hpp"
#include "../text_of.hpp"

using Names = std::vector<std::string>;

inline Names names_of(const interleave::Report& report) {
  Names names;
  for (const auto& [name, count] : report.outcomes) names.push_back(name);
  return names;
}

inline timespec in_a_second(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  ++t.tv_sec;
  return t;
}

// Whether a body also runs on real threads. Not if it would hang, or if clang 14's ThreadSanitizer does not know a function in it.
enum class Real { yes, no };

// How the model explores a body.
enum class By {
  interleavings,  // all of them, and then one of each class of equivalent ones: both find the same
  classes,        // those alone: there are too many interleavings, mostly for the library spins before it sleeps
  sample,         // docs/surface.md says of each why
};

struct Expected {
  std::uint64_t executions = 0;  // interleavings; 0: many, for the library spins before it sleeps
  Names outcomes = {};           // sorted
  Real real = Real::yes;
  By by = By::interleavings;
  const char* clock = "any";
  const char* races = "fail";
};

// The body holds in every interleaving, and comes to exactly these outcomes.
inline void holds(const Expected& expected, const std::function<void()>& body, int line = __builtin_LINE()) {
  interleave::Options options;
  options.name = "holds";
  options.clock = expected.clock;
  options.races = expected.races;
  options.stop_at_first_failure = false;
  INFO("line " << line);
  if (!linked_with_the_model()) {
    if (expected.real == Real::no) return;
    options.seed = 1;
    options.executions_max = 50;
    const interleave::Report report = interleave::explore(body, options);
    INFO(text_of(report));
    CHECK(report.verdict == interleave::Verdict::pass);
    for (const std::string& name : names_of(report))
      CHECK(std::find(expected.outcomes.begin(), expected.outcomes.end(), name) != expected.outcomes.end());
    return;
  }
  const auto explored = [&](const char* strategy) {
    options.strategy = strategy;
    const interleave::Report report = interleave::explore(body, options);
    INFO(strategy << ": " << text_of(report));
    CHECK(report.verdict == interleave::Verdict::pass);
    CHECK(report.complete == (expected.by != By::sample));
    CHECK(names_of(report) == expected.outcomes);
    return report;
  };
  if (expected.by == By::sample) {
    options.seed = 1;
    options.executions_max = 1000;
    CHECK(explored("random").executions == 1000);
    return;
  }
  const auto all_of_them = [&] {
    const interleave::Report report = explored("dfs");
    if (expected.executions != 0) CHECK(report.executions == expected.executions);
    return report.executions;
  };
  if (expected.clock == std::string("virtual")) {  // time passes when nobody can step: no reduction
    all_of_them();
    return;
  }
  const interleave::Report reduced = explored("dpor");
  if (expected.by == By::classes) return;
  CHECK(reduced.executions <= all_of_them());
  CHECK(reduced.redundant == 0);
}

// Of all interleavings, of which there are `executions`, `failing` fail, the shortest with this kind; the message contains `text`.
// In the model only.
inline void fails(std::uint64_t executions, std::uint64_t failing, const std::string& kind, const std::string& text,
                  const std::function<void()>& body, int line = __builtin_LINE()) {
  if (!linked_with_the_model()) return;
  interleave::Options options;
  options.name = "fails";
  options.strategy = "dfs";
  options.stop_at_first_failure = false;
  const interleave::Report report = interleave::explore(body, options);
  INFO("line " << line << ": " << text_of(report));
  CHECK(report.verdict == interleave::Verdict::fail);
  CHECK(report.executions == executions);
  CHECK(report.failing == failing);
  REQUIRE(report.failure.has_value());
  CHECK(report.failure->kind == kind);
  CHECK_THAT(report.failure->message, Catch::Matchers::Contains(text));
}

// One thread locks and unlocks; another one tries once, somehow: before L, between L and U, after U.
template <class M, class Lock, class Try>
std::function<void()> tried(Lock lock, Try attempt) {
  return [=] {
    M mutex;
    interleave::parallel([&] { lock(mutex); }, [&] { interleave::outcome(attempt(mutex) ? "got" : "not"); });
  };
}
