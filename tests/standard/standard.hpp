// Tests with nothing but standard types, as a user writes them. Linked with the model they find the bug, or prove that there
// is none; the same object files linked with ThreadSanitizer run on real threads, where a bug shows itself or does not.
#pragma once

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

#include "../linked_with_the_model.hpp"

// A corrected program: proved by the model, and watched by ThreadSanitizer.
inline interleave::Report proved(const std::function<void()>& body, interleave::Options options = {}) {
  if (!linked_with_the_model()) options.executions_max = 300;
  interleave::Report report = interleave::explore(body, options);
  INFO(report.executions << " executions " << (report.failure ? report.failure->message : report.incomplete_reason));
  CHECK(report.verdict == interleave::Verdict::pass);
  CHECK(report.complete == linked_with_the_model());
  return report;
}

// A broken program: the model finds a failure of this kind and reproduces it from its token. On real threads the program is not
// run where it may hang.
inline void found(const std::function<void()>& body, const std::string& kind, bool may_hang) {
  interleave::Options options;
  options.name = "found";
  if (!linked_with_the_model()) {
    options.executions_max = 300;
    if (!may_hang) interleave::explore(body, options);  // whether two real threads meet is chance
    return;
  }
  const interleave::Report report = interleave::explore(body, options);
  REQUIRE(report.verdict == interleave::Verdict::fail);
  REQUIRE(report.failure.has_value());
  INFO(report.failure->message);
  CHECK(report.failure->kind == kind);
  options.schedule = report.failure->schedule;
  const interleave::Report again = interleave::explore(body, options);
  CHECK(again.executions == 1);
  REQUIRE(again.failure.has_value());
  CHECK(again.failure->kind == kind);
  CHECK(again.failure->message == report.failure->message);
  CHECK(again.failure->trace.size() == report.failure->trace.size());
}
