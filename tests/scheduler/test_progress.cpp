// What a search says while it goes on (report/progress.hpp).
#include <catch2/catch.hpp>

#include <vector>

#include "scheduler/report/progress.hpp"

using namespace interleave;

namespace {

const ProgressFacts facts{.executions = 1'234'567, .failing = 0, .steps_longest = 57, .threads_most = 3, .of_how_many = "about 12 % of 10,000,000"};

// At which seconds there is a line, of those asked.
std::vector<double> lines_at(ProgressLine& progress, const std::vector<double>& asked) {
  std::vector<double> at;
  for (const double seconds : asked) {
    if (!progress.due(seconds)) continue;
    at.push_back(seconds);
    progress.line(seconds, facts);
  }
  return at;
}

}  // namespace

TEST_CASE("away from a terminal there is a line after 2 s and at each doubling") {
  ProgressLine progress("queue", ProgressLine::Where::elsewhere);
  CHECK(lines_at(progress, {0.1, 1.9, 2, 2.5, 3.9, 4, 7, 8.5, 15, 16, 31, 100, 127, 128}) == std::vector<double>{2, 4, 8.5, 16, 100, 128});
  CHECK(progress.end().empty());
}

TEST_CASE("on a terminal the line is written over every half second, and taken away") {
  ProgressLine progress("queue", ProgressLine::Where::terminal, 40);
  CHECK(lines_at(progress, {0.1, 1.9, 2, 2.1, 2.5, 2.9, 3}) == std::vector<double>{2, 2.5, 3});
  CHECK(progress.line(4, facts) == "\r\x1b[Kqueue  1,234,567 executions (about 12 %");  // 39 columns: it does not wrap
  CHECK(progress.end() == "\r\x1b[K");
  CHECK(progress.end().empty());
}

TEST_CASE("nowhere there is never a line") {
  ProgressLine progress("queue", ProgressLine::Where::nowhere);
  CHECK_FALSE(progress.due(1e12));
  CHECK(progress.end().empty());
}

TEST_CASE("a line has executions, how many there are in all, their rate, threads, the longest, and failures") {
  ProgressLine progress("a\nb", ProgressLine::Where::elsewhere);
  CHECK(progress.line(4, facts) == "interleave: a b  1,234,567 executions (about 12 % of 10,000,000) in 4 s, 308,641 a second, at most 3 threads, "
                                   "longest 57 steps, none failed\n");
  CHECK(progress.line(8, {.executions = 1, .failing = 1, .steps_longest = 1, .threads_most = 1, .of_how_many = ""}) ==
        "interleave: a b  1 execution in 8 s, 0 a second, at most 1 thread, longest 1 step, 1 failed\n");
}
