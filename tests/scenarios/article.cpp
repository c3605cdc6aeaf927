// What the article's programs do and do not do, one sentence each, over every interleaving.
#include <catch2/catch.hpp>

#include "explored.hpp"

using namespace interleave;

namespace {

using Outcomes = std::set<std::string>;

std::string kind_of(const Report& report) { return report.failure ? report.failure->kind : ""; }

}  // namespace

TEST_CASE("FetchUrls: without a lock pages are mixed in 774 of 924 schedules", "[scenarios][article]") {
  // Two threads of six steps (open, write, write, twice): 12! / (6! 6!) = 924.
  const Report report = explored("fetch_urls/unlocked");
  CHECK(report.executions == 924);
  CHECK(report.failing == 774);
  CHECK(report.outcomes.at("mixed") == 774);
}

TEST_CASE("FetchUrls: with a lock, by hand or by guard, no page is ever mixed and all six orders occur",
          "[scenarios][article]") {
  for (const char* name : {"fetch_urls/lock", "fetch_urls/with"}) {
    INFO(name);
    const Report report = explored(name);
    CHECK(report.complete);
    CHECK(report.failing == 0);
    CHECK(report.outcomes.size() == 6);
  }
}

TEST_CASE("FetchUrls: a failed first fetch strands the other thread if the lock is released by hand", "[scenarios][article]") {
  const Report report = explored("fetch_urls/failure_first_lock");
  CHECK(kind_of(report) == "deadlock");
  CHECK(report.failing > 0);
  CHECK(report.failing < report.executions);
}

TEST_CASE("FetchUrls: a failed first fetch never strands the other thread if a guard releases the lock",
          "[scenarios][article]") {
  const Report report = explored("fetch_urls/failure_first_with");
  CHECK(report.complete);
  CHECK(report.failing == 0);
}

TEST_CASE("FetchUrls: without a lock a failed first fetch always costs two pages, a failed second one page",
          "[scenarios][article]") {
  // The first thread has one step, open, and dies; the other has six: 7 schedules. If its second page fails it has four (open,
  // write, write, open): 10! / (4! 6!) = 210.
  const Report first = explored("fetch_urls/failure_first_unlocked");
  CHECK(first.executions == 7);
  CHECK(first.failing == 7);
  const Report second = explored("fetch_urls/failure_second_unlocked");
  CHECK(second.executions == 210);
  CHECK(second.failing == 210);
}

TEST_CASE("Lock: taken twice by one thread it always deadlocks", "[scenarios][article]") {
  const Report report = explored("lock/self_deadlock");
  CHECK(kind_of(report) == "deadlock");
  CHECK(report.complete);
  CHECK(report.failing == report.executions);
}

TEST_CASE("Condition: two integers come out in exactly two orders", "[scenarios][article]") {
  const Report report = explored("condition/producer_consumer_2");
  CHECK(report.complete);
  CHECK(report.failing == 0);
  CHECK(outcomes_of(report) == Outcomes{"0 1", "1 0"});
}

TEST_CASE("Condition: the folder's program never exits, in no schedule", "[scenarios][article]") {
  const Report report = explored("condition/folder_1");
  CHECK(kind_of(report) == "deadlock");
  CHECK(report.complete);
  CHECK(report.failing == report.executions);
}

TEST_CASE("Event: one integer may be stranded, with a consumer that waits for it for ever", "[scenarios][article]") {
  const Report report = explored("event/producer_consumer_1");
  CHECK(kind_of(report) == "deadlock");
  CHECK(outcomes_of(report) == Outcomes{"consumed 0", "consumed 1"});
  CHECK(report.outcomes.at("consumed 0") == report.failing);
}

TEST_CASE("Event: any number of integers may be left over", "[scenarios][article]") {
  CHECK(outcomes_of(explored("event/leftover_1")) == Outcomes{"left 0", "left 1"});

  // Of two, where the consumer that wants both sleeps for ever when all is quiet: it has consumed none, or one.
  const Report report = explored("event/producer_consumer_2", "dpor");
  CHECK(report.complete);
  CHECK(report.failing > 0);
  CHECK(report.failing == report.outcomes.at("consumed 0") + report.outcomes.at("consumed 1"));
}

TEST_CASE("Event: the consumer may pop from an empty list", "[scenarios][article]") {
  CHECK(kind_of(explored("event/empty_pop_1")) == "require");
  CHECK(outcomes_of(explored("event/folder_1")).contains("left 0, consumer died"));
}

TEST_CASE("Event: the repaired program strands nothing", "[scenarios][article]") {
  for (const char* name : {"event/repaired_1", "event/repaired_2"}) {
    INFO(name);
    const Report report = explored(name, "dpor");
    CHECK(report.complete);
    CHECK(report.failing == 0);
  }
}

TEST_CASE("BoundedSemaphore: 2.6's misses a release too many in some schedules, ours in none", "[scenarios][article]") {
  const Report python26 = explored("bounded_semaphore/python26_2");
  CHECK(python26.outcomes.at("0 errors, value 2") == python26.failing);
  CHECK(python26.failing < python26.executions);
  for (const char* name : {"bounded_semaphore/current_2", "bounded_semaphore/current_3"}) {
    INFO(name);
    const Report current = explored(name);
    CHECK(current.complete);
    CHECK(current.failing == 0);
  }
}
