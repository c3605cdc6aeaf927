// Tokens: a schedule as text, which reproduces the execution that printed it, and says so if it does not fit.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "explored.hpp"
#include "lossy.hpp"

using namespace interleave;

namespace {

Options named(const std::string& name) {
  Options options;
  options.name = name;
  options.strategy = "dfs";
  return options;
}

}  // namespace

TEST_CASE("a token replays exactly that execution") {
  const Report found = explore(lossy, named("lossy"));
  REQUIRE(found.failure);
  CHECK_THAT(found.failure->schedule, Catch::StartsWith("il1:"));
  Options replay = named("lossy");
  replay.schedule = found.failure->schedule;
  for (int i = 0; i < 3; ++i) {
    const Report again = explore(lossy, replay);
    CHECK(again.executions == 1);
    CHECK(again.verdict == Verdict::fail);
    CHECK_FALSE(again.complete);
    REQUIRE(again.failure);
    CHECK(text_of(*again.failure) == text_of(*found.failure));
    CHECK(again.failure->schedule == found.failure->schedule);
  }
}

TEST_CASE("a token of a schedule that is right replays as a pass of one execution") {
  // The token of a failure, with a body that is repaired but steps as before.
  const auto body = [](bool repaired) {
    return [repaired] {
      std::atomic<int> n = 0;
      parallel([&] { ++n; }, [&] { ++n; });
      require(repaired);
    };
  };
  const Report found = explore(body(false), named("repaired"));
  REQUIRE(found.failure);
  Options replay = named("repaired");
  replay.schedule = found.failure->schedule;
  const Report again = explore(body(true), replay);
  CHECK(again.verdict == Verdict::pass);
  CHECK(again.executions == 1);
  CHECK_FALSE(again.complete);
}

TEST_CASE("a token for another name is ignored") {
  const Report found = explore(lossy, named("lossy"));
  REQUIRE(found.failure);
  Options other = named("another name");
  other.schedule = found.failure->schedule;
  CHECK_HOLDS(explore([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] { ++n; });
  }, other), 2u);
}

TEST_CASE("a damaged token is refused, whichever character is damaged") {
  const Report found = explore(lossy, named("lossy"));
  REQUIRE(found.failure);
  const std::string token = found.failure->schedule;
  for (std::size_t i = 0; i < token.size(); ++i) {
    Options options = named("lossy");
    options.schedule = token;
    options.schedule[i] = token[i] == 'A' ? 'B' : 'A';
    INFO(options.schedule);
    CHECK_THROWS_AS(explore(lossy, options), UsageError);
  }
  for (const std::string& damaged : {token.substr(0, token.size() - 1), token + "A", std::string("il1:"), std::string("il2:") + token.substr(4),
                                     std::string("nonsense")}) {
    Options options = named("lossy");
    options.schedule = damaged;
    INFO(damaged);
    CHECK_THROWS_AS(explore(lossy, options), UsageError);
  }
}

TEST_CASE("a token that does not fit the program any more says at which step") {
  const Report found = explore(lossy, named("lossy"));
  REQUIRE(found.failure);
  Options replay = named("lossy");
  replay.schedule = found.failure->schedule;
  const Report other = explore([] {
    std::mutex mutex;
    const auto use = [&] { const std::lock_guard lock(mutex); };
    parallel(use, use, use);
  }, replay);
  CHECK(other.verdict == Verdict::fail);
  REQUIRE(other.failure);
  CHECK(other.failure->kind == "nondeterminism");
  CHECK_THAT(other.failure->message, Catch::Contains("at step "));
}

TEST_CASE("a token brings the options along that decide what can be chosen") {
  const auto body = [] {
    std::atomic<int> n = 0;
    std::mutex mutex;
    std::condition_variable condition;
    parallel([&] {
      std::unique_lock lock(mutex);
      condition.wait(lock);
      require(n.load() == 1, "woken for nothing");
    }, [&] {
      n = 1;
      { const std::lock_guard lock(mutex); }
      condition.notify_one();
    });
  };
  Options options = named("spurious");
  options.spurious_wakeups = true;
  options.stop_at_first_failure = false;
  const Report found = explore(body, options);
  REQUIRE(found.failure);
  REQUIRE(found.failure->kind == "require");
  Options replay = named("spurious");
  replay.schedule = found.failure->schedule;
  const Report again = explore(body, replay);
  REQUIRE(again.failure);
  CHECK(again.failure->kind == "require");
  CHECK(text_of(*again.failure) == text_of(*found.failure));
}

TEST_CASE("every failing schedule of a search has a token of its own that fails in the same way") {
  // Sampled: each failure by its seed's walk, its token replayed under any strategy.
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Options options = named("lossy");
    options.strategy = "random";
    options.seed = seed;
    const Report found = explore(lossy, options);
    REQUIRE(found.failure);
    Options replay = named("lossy");
    replay.schedule = found.failure->schedule;
    const Report again = explore(lossy, replay);
    REQUIRE(again.failure);
    CHECK(text_of(*again.failure) == text_of(*found.failure));
  }
}

