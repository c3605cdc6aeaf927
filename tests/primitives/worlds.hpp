// A contract is checked twice by the same body: on real threads, and in the model under every schedule.
//
// Bodies are tiny, because the model tries everything, and assert only what holds whenever timeouts end: in the model they
// may end at any moment. Linked with the real-thread half of the library, the second check repeats the first, for
// ThreadSanitizer to watch.
#pragma once

#include <functional>
#include <string>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

// Which half of the library the linker has put under the public API: only the model can cover everything.
inline bool linked_with_the_model() {
  interleave::Options once;
  once.executions_max = 1;
  const auto report = interleave::explore([] { interleave::outcome(interleave::modelled() ? "model" : "real"); }, once);
  return report.outcomes.contains("model");
}

inline void in_both_worlds(const std::function<void()>& body, interleave::Options options = {},
                           interleave::SourceLocation where = interleave::SourceLocation::current()) {
  static const bool model = linked_with_the_model();
  body();
  if (!model) options.executions_max = 100;
  const interleave::Report report = interleave::explore(body, options, where);
  if (report.failure) {
    UNSCOPED_INFO(report.failure->kind << ": " << report.failure->message << " " << report.failure->schedule);
  }
  UNSCOPED_INFO(report.executions << " executions " << report.incomplete_reason);
  REQUIRE(report.verdict == interleave::Verdict::pass);
  REQUIRE(report.complete == model);
}

// Blocking calls of the model may then be interrupted by a signal.
inline interleave::Options interrupted() {
  interleave::Options options;
  options.interrupts = true;
  return options;
}

// Whether the call throws an Error, exactly that or derived from it. Another exception goes through.
template <class Error, class Call>
bool throws(Call call) {
  try {
    call();
  } catch (const Error&) {
    return true;
  }
  return false;
}

// The message of the Error that the call throws; empty if it throws none.
template <class Error, class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}
