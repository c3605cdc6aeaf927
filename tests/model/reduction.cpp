// What a reducing search must not be misled by.
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <thread>

#include "explored.hpp"

using namespace interleave;

TEST_CASE("blocks that a body leaves behind move the next execution's, and hide nothing from a reducing search") {
  struct Shared {
    std::atomic<int> x{0}, y{0};
  };
  const auto run = [](Shared& shared) {
    std::array<int, 2> seen{};
    parallel(
        [&] {
          shared.x = 1;
          seen[0] = shared.y;
          shared.x = 2;
        },
        [&] {
          shared.y = 1;
          seen[1] = shared.x;
          shared.y = 2;
        });
    outcome(std::to_string(seen[0]) + " " + std::to_string(seen[1]));
  };
  const auto tidy = explore_all([&] { run(*std::make_unique<Shared>()); }, {.strategy = "dpor"});
  const auto leaking = explore_all(
      [&] {
        auto* volatile shared = new Shared;
        run(*shared);
      },
      {.strategy = "dpor"});
  INFO(text_of(leaking));
  CHECK(leaking.executions == tidy.executions);
  CHECK(leaking.outcomes == tidy.outcomes);
  CHECK(tidy.outcomes.size() == 7);  // not 0 0, nor 2 2: each would need something to come before itself
}

TEST_CASE("who started threads that run in parallel goes on when one of them has failed, and after it") {
  const auto body = [] {
    std::atomic<int> x{0};
    parallel(
        [&] {
          std::thread other([&] { ++x; });
          other.join();
          require(false);
        },
        [&] { (void)x.load(); });
    (void)x.load();
  };
  // A reducing search lets the others run on; what the starter reads then never comes before what the thread that failed has done.
  const Report report = explore_all(body, {.strategy = "dpor"});
  CHECK_FAILS(report, 2u, 2u, "require");
  CHECK(report.complete);
}

TEST_CASE("threads that run in parallel from the start of a thread on come after the step that created it") {
  const auto body = [] {
    std::atomic<int> x{0}, y{0};
    int seen = 0;
    std::thread outer([&] {
      std::thread inner([&] { parallel([&] { seen = x; }, [&] { y = 1; }); });
      inner.join();
    });
    y = 2;
    x = 1;
    outer.join();
    outcome(std::to_string(seen) + std::to_string(y));
  };
  const Report report = explore_all(body, {.strategy = "dpor"});
  CHECK_HOLDS(report, 4u);
  CHECK_OUTCOMES(report, {{"01", 1}, {"02", 1}, {"11", 1}, {"12", 1}});
}

TEST_CASE("a thread may end in a step of one that it has started in parallel: who asks whether it has ended depends on that") {
  // The steps of the asked are none of its own.
  const auto body = [](const std::function<int(pthread_t)>& join) {
    return [join] {
      std::atomic<int> x{0};
      pthread_t thread;
      const auto start = [](void* p) -> void* {
        auto& place = *static_cast<std::atomic<int>*>(p);
        parallel([&] { place = 1; }, [&] { parallel([&] { place = place + 2; }); });
        return nullptr;
      };
      pthread_create(&thread, nullptr, start, &x);
      const bool ended = join(thread) == 0;
      const int seen = x;
      if (!ended) pthread_join(thread, nullptr);
      outcome((ended ? "ended " : "under way ") + std::to_string(seen) + std::to_string(x));
    };
  };
  const auto try_join = body([](pthread_t thread) { return pthread_tryjoin_np(thread, nullptr); });
  const Report tried = explore_all(try_join, {.strategy = "dpor"});
  CHECK(tried.complete);
  CHECK(values(tried) == values(explore_all(try_join, {.strategy = "dfs"})));
  CHECK(tried.outcomes.contains("ended 11"));
  const auto timed_join = body([](pthread_t thread) {
    const timespec soon{.tv_sec = 2'000'000'000, .tv_nsec = 0};
    return pthread_timedjoin_np(thread, nullptr, &soon);
  });
  const Report timed = explore_all(timed_join, {.strategy = "dpor"});
  CHECK(timed.complete);
  CHECK(values(timed) == values(explore_all(timed_join, {.strategy = "dfs"})));
}

TEST_CASE("what a thread is known by, and the numbers that it draws, do not depend on which of equivalent executions it is in") {
  // The inner threads are started in either order, and one of the orders is explored.
  const auto body = [](const std::function<std::size_t()>& number) {
    return [number] {
      std::array<std::atomic<int>, 2> x{};
      std::array<int, 2> seen{};
      const auto starter = [&](std::size_t me) {
        std::thread inner([&, me] { seen[me] = x[number() % 2]++; });
        x[0] = 3;
        inner.join();
      };
      parallel([&] { starter(0); }, [&] { starter(1); });
      outcome(std::to_string(seen[0]) + " " + std::to_string(seen[1]));
    };
  };
  const auto agree = [](const std::function<void()>& program) {
    const Report reduced = explore_all(program, {.strategy = "dpor"}), all = explore_all(program, {.strategy = "dfs"});
    INFO(text_of(reduced) << text_of(all));
    CHECK(reduced.complete);
    CHECK(values(reduced) == values(all));
  };
  agree(body([] { return static_cast<std::size_t>(std::rand()); }));
  agree(body([] { return static_cast<std::size_t>(lrand48() >> 3); }));
  agree(body([] { return std::size_t{pthread_self()}; }));
  agree(body([] { return static_cast<std::size_t>(gettid()); }));
  agree(body([] { return std::hash<std::thread::id>{}(std::this_thread::get_id()); }));
}

TEST_CASE("where races are ignored, a search that reduces does not claim to cover who waits for a plain write") {
  const auto body = [](bool waits) {
    return [waits] {
      bool ready = false;
      std::atomic<int> x{0};
      int seen = 0;
      parallel(
          [&] {
            while (waits && !*static_cast<volatile bool*>(&ready)) std::this_thread::yield();
            seen = x;
          },
          [&] {
            x = 1;
            ready = true;
            x = 2;
          });
      outcome(std::to_string(seen));
    };
  };
  const Report reduced = explore_all(body(true), {.strategy = "dpor", .races = "ignore"});
  INFO(text_of(reduced));
  CHECK_FALSE(reduced.complete);
  CHECK(reduced.verdict == Verdict::incomplete);
  CHECK(reduced.incomplete_reason.find("waits for a plain write") != std::string::npos);
  const Report all = explore_all(body(true), {.strategy = "dfs", .races = "ignore"});
  INFO(text_of(all));
  CHECK(all.complete);
  CHECK(values(all) == std::set<std::string>{"1", "2"});
  CHECK(explore_all(body(false), {.strategy = "dpor", .races = "ignore"}).complete);
}

TEST_CASE("what threads hand each other through the kernel depends on who comes first") {
  const auto agree = [](const std::function<void()>& program, const std::set<std::string>& expected) {
    const Report reduced = explore_all(program, {.strategy = "dpor"}), all = explore_all(program, {.strategy = "dfs"});
    INFO(text_of(reduced) << text_of(all));
    CHECK(reduced.complete);
    CHECK(values(reduced) == expected);
    CHECK(values(all) == expected);
  };
  agree([] {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    REQUIRE(write(ends[1], "ab", 2) == 2);
    char first = 0, second = 0;
    parallel([&] { require(read(ends[0], &first, 1) == 1); }, [&] { require(read(ends[0], &second, 1) == 1); });
    for (const int end : ends) close(end);
    outcome({first, second});
  }, {"ab", "ba"});
  agree([] {
    const int event = eventfd(0, EFD_NONBLOCK);
    eventfd_t value = 0;
    bool seen = false, polled = false;
    parallel([&] { require(eventfd_write(event, 1) == 0); }, [&] {
      pollfd asked{event, POLLIN, 0};
      polled = poll(&asked, 1, 0) == 1;
      seen = eventfd_read(event, &value) == 0;
    });
    close(event);
    outcome(std::string(polled ? "polled " : "") + (seen ? "seen" : "not seen"));
  }, {"not seen", "polled seen", "seen"});
  // Who would wait for what another thread has yet to write is found in the schedule in which it does.
  const Report waits = explore_all([] {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    char c = 0;
    parallel([&] { require(write(ends[1], "a", 1) == 1); }, [&] { require(read(ends[0], &c, 1) == 1); });
    for (const int end : ends) close(end);
  }, {.strategy = "dpor"});
  INFO(text_of(waits));
  REQUIRE(waits.failure);
  CHECK(waits.failure->kind == "unsupported");
}
