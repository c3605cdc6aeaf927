// Sections under a reducing search: visits that nothing keeps apart are found to meet, in whatever order the search happens to
// see them. Judged by dfs, which sees them in every order.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <interleave/checkers/mutual_exclusion.hpp>

#include "explored.hpp"

using namespace interleave;

namespace {

enum class Act { load, store, lock, unlock, yield, enter, leave, count };

struct Deed {
  Act act;
  std::size_t what;  // which variable or mutex
};

using Program = std::vector<std::vector<Deed>>;

// Two or three threads of up to five deeds; what is entered or locked is left again at the end of a thread.
Program random_program(std::uint32_t seed) {
  std::mt19937 draw(seed);
  Program program(2 + draw() % 2);
  for (auto& thread : program) {
    bool inside = false;
    bool held[2] = {};
    for (auto n = 1 + draw() % (program.size() == 2 ? 5 : 4); n > 0; --n) {
      const Deed deed{static_cast<Act>(draw() % static_cast<unsigned>(Act::count)), draw() % 2};
      if (deed.act == Act::lock && held[deed.what]) continue;
      if (deed.act == Act::unlock && !held[deed.what]) continue;
      if (deed.act == Act::lock || deed.act == Act::unlock) held[deed.what] = deed.act == Act::lock;
      if ((deed.act == Act::enter) == inside && (deed.act == Act::enter || deed.act == Act::leave)) continue;
      if (deed.act == Act::enter || deed.act == Act::leave) inside = deed.act == Act::enter;
      thread.push_back(deed);
    }
    if (inside) thread.push_back({Act::leave, 0});
    for (std::size_t i : {0, 1})
      if (held[i]) thread.push_back({Act::unlock, i});
  }
  return program;
}

std::function<void()> body_of(const Program& program, std::size_t most) {
  return [&program, most] {
    Section section{"section", most};
    std::atomic<int> variables[2] = {};
    std::mutex mutexes[2];
    std::vector<std::function<void()>> threads;
    for (const auto& deeds : program) {
      threads.push_back([&] {
        for (const Deed& deed : deeds) {
          switch (deed.act) {
            case Act::load: variables[deed.what].load(); break;
            case Act::store: variables[deed.what].store(1); break;
            case Act::lock: mutexes[deed.what].lock(); break;
            case Act::unlock: mutexes[deed.what].unlock(); break;
            case Act::yield: std::this_thread::yield(); break;
            case Act::enter: section.enter(); break;
            case Act::leave: section.leave(); break;
            case Act::count: break;
          }
        }
      });
    }
    parallel(std::move(threads));
  };
}

}  // namespace

TEST_CASE("a reducing search finds the visits that nothing keeps apart") {
  constexpr std::uint32_t programs = INTERLEAVE_BRIEF_TESTS ? 100 : 400;
  std::size_t met = 0;
  for (std::uint32_t seed = 0; seed < programs; ++seed) {
    const Program program = random_program(seed);
    for (const std::size_t most : {1, 2}) {
      const auto body = body_of(program, most);
      const Report all = explore(body, {.name = "sections", .strategy = "dfs"});
      const Report reduced = explore(body, {.name = "sections", .strategy = "dpor"});
      INFO("seed " << seed << ", most " << most);
      // A deadlock may be found first by either.
      const bool fails = all.verdict == Verdict::fail;
      REQUIRE(reduced.verdict == all.verdict);
      if (!fails) continue;
      met += reduced.failure->kind == "mutual-exclusion";
      const Report again = explore(body, {.name = "sections", .schedule = reduced.failure->schedule});
      REQUIRE(again.failure.has_value());
      REQUIRE(again.failure->kind == reduced.failure->kind);
      REQUIRE(again.failure->message == reduced.failure->message);
    }
  }
  CHECK(met > programs / 15);
}

TEST_CASE("an execution that hides a meeting is one class, which fails") {
  const auto visitor = [](Section& section) {
    std::this_thread::yield();
    const Section::Visit visit{section};
    std::this_thread::yield();
  };
  const auto body = [&] {
    Section section{"section"};
    parallel([&] { visitor(section); }, [&] { visitor(section); });
  };
  const Report report = explore_all(body, {.strategy = "dpor"});
  CHECK_FAILS(report, 1, 1, "mutual-exclusion");
  CHECK(report.complete);
  CHECK(report.failure->message.find("T1, T2") != std::string::npos);
  CHECK(explore_all(body, {.strategy = "dpor", .executions_max = 1}).failing == 1);
  CHECK(explore_all(body, {.strategy = "repeat/dpor"}).verdict == Verdict::fail);
}

TEST_CASE("visits by a thread that is created in the midst, and by its creator afterwards") {
  const auto ordered = [] {
    Section section{"section"};
    std::thread other([&] {
      const Section::Visit visit{section};
      std::this_thread::yield();
    });
    other.join();
    const Section::Visit visit{section};
    std::this_thread::yield();
  };
  CHECK(explore_all(ordered, {.strategy = "dpor"}).failing == 0);

  const auto beside = [] {
    Section section{"section"};
    std::thread other([&] {
      std::this_thread::yield();
      const Section::Visit visit{section};
    });
    {
      std::this_thread::yield();
      const Section::Visit visit{section};
      std::this_thread::yield();
    }
    other.join();
  };
  CHECK(explore_all(beside, {.strategy = "dpor"}).failing == 1);

  const auto side_by_side_then_alone = [] {
    Section section{"section"};
    parallel(
        [&] {
          const Section::Visit visit{section};
          std::this_thread::yield();
        },
        [&] { std::this_thread::yield(); });
    const Section::Visit visit{section};
    std::this_thread::yield();
  };
  CHECK(explore_all(side_by_side_then_alone, {.strategy = "dpor"}).failing == 0);
}
