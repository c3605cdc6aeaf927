// What the tests of suppressions have in common: a file in force, and bodies with one race and with two.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include <catch2/catch.hpp>

#include <interleave/interleave.hpp>

#define APART __attribute__((noinline))

namespace {

using interleave::explore;
using interleave::Options;
using interleave::parallel;
using interleave::Report;
using interleave::Verdict;

// ---- a file in force -------------------------------------------------------------------------------------------------

class File {
 public:
  explicit File(const std::string& text) {
    const int made = mkstemp(path_.data());
    REQUIRE(made >= 0);
    REQUIRE(write(made, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(made);
    setenv("INTERLEAVE_SUPPRESSIONS", path_.c_str(), 1);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    unsetenv("INTERLEAVE_SUPPRESSIONS");
    unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/interleave_suppressions_XXXXXX";
};

Report run(const std::string& file, const std::function<void()>& body, Options options = {}) {
  const File in_force(file);
  options.name = "suppressions";
  return explore(body, options);
}

// ---- bodies ----------------------------------------------------------------------------------------------------------

namespace statistics {
int hits = 0, misses = 0;
struct Counter {
  int value = 0;
  APART void add() { ++value; }
};
APART void count_hit() { ++hits; }
APART void count_miss() { ++misses; }
}  // namespace statistics

APART void by_way_of_a_caller() { statistics::count_hit(); }

void one_race() {
  parallel([] { statistics::count_hit(); }, [] { by_way_of_a_caller(); });
}

void two_races() {
  parallel([] { statistics::count_hit(); statistics::count_miss(); }, [] { statistics::count_hit(); statistics::count_miss(); });
}

std::string kind_of(const Report& report) { return report.failure ? report.failure->kind : "none"; }

}  // namespace
