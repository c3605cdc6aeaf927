// A contract is checked twice by the same body: on real threads, and in the model under every schedule.
//
// Bodies are tiny, because the model tries everything, and assert only what holds whenever timeouts end: in the model they
// may end at any moment.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <interleave/interleave.hpp>

#ifdef INTERLEAVE_TESTS_REAL_ONLY

namespace interleave {

inline std::atomic<int> failed_requirements{0};

inline void require(bool holds, std::string_view message, SourceLocation where) {
  if (holds) return;
  ++failed_requirements;
  std::fprintf(stderr, "%s:%u: requirement failed: %.*s\n", where.file, where.line, static_cast<int>(message.size()),
               message.data());
}

inline void parallel(std::vector<std::function<void()>> bodies) {
  std::vector<std::thread> threads;
  for (auto& body : bodies) threads.emplace_back(body);
  for (auto& thread : threads) thread.join();
}

inline bool modelled() noexcept { return false; }

}  // namespace interleave

inline void in_both_worlds(const std::function<void()>& body, interleave::Options = {}) {
  for (int run = 0; run < 100; ++run) body();
  REQUIRE(interleave::failed_requirements.exchange(0) == 0);
}

#else

inline void in_both_worlds(const std::function<void()>& body, interleave::Options options = {},
                           interleave::SourceLocation where = interleave::SourceLocation::current()) {
  body();
  const interleave::Report report = interleave::explore(body, std::move(options), where);
  INFO((report.failure ? report.failure->kind + ": " + report.failure->message + " " + report.failure->schedule
                       : report.incomplete_reason));
  INFO("executions: " << report.executions);
  REQUIRE(report.verdict == interleave::Verdict::pass);
  REQUIRE(report.complete);
}

#endif

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
