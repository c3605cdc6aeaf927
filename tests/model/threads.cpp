// Threads: creating, joining in all its forms, detaching, leaving, and who one is.
#include "explored.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

using namespace interleave;

namespace {

void* nothing(void*) { return nullptr; }

void* increment(void* counter) {
  ++*static_cast<std::atomic<int>*>(counter);
  return nullptr;
}

void* sleep_for_ever(void*) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait(lock);
  return nullptr;
}

// Counts when its thread ends.
struct Announces {
  std::atomic<int>* n = nullptr;
  ~Announces() {
    if (n != nullptr) ++*n;
  }
};
thread_local Announces announces;

timespec soon(clockid_t clock = CLOCK_REALTIME) {
  timespec t{};
  clock_gettime(clock, &t);
  t.tv_sec += 1;
  return t;
}

}  // namespace

TEST_CASE("starting and joining a thread are steps; beginning to run and ending are not") {
  const Report report = explore_all([] { std::thread([] {}).join(); });
  CHECK_HOLDS(report, 1u);
  CHECK(report.steps == 2);
  CHECK(report.threads_most == 2);
}

TEST_CASE("a thread runs beside its creator until it is joined") {
  // create, then the thread's operation t and the body's own b in either order, then join.
  std::atomic<int> n = 0;
  const Report one = explore_all([&] {
    std::thread thread([&] { ++n; });
    ++n;
    thread.join();
    require(n.load() == 2);
  });
  CHECK_HOLDS(one, 2u);
  // c1 < a < j1, c2 < b < j2, c1 < c2 < j1 < j2.
  //   a before c2: b before or after j1                 2
  //   a after c2:  a b j1, b a j1, a j1 b               3
  const Report two = explore_all([&] {
    std::thread first([&] { ++n; }), second([&] { ++n; });
    first.join();
    second.join();
  });
  CHECK_HOLDS(two, 5u);
}

TEST_CASE("under parallel, starting and joining are not choice points") {
  std::atomic<int> n = 0;
  const Report report = explore_all([&] { parallel([&] { ++n; }, [&] { ++n; }); });
  CHECK_HOLDS(report, 2u);
  CHECK(report.steps == 4);
}

TEST_CASE("what bodies of parallel did happens before what follows, and parallels nest") {
  const Report report = explore_all([] {
    int plain[2] = {};
    std::atomic<int> n = 0;
    parallel([&] { plain[0] = 1; ++n; parallel([&] { ++n; }, [&] { plain[1] = 1; }); },
             [&] { ++n; });
    require(plain[0] + plain[1] == 2);
    require(n.load() == 3);
  });
  CHECK_HOLDS(report, 3u);  // the two increments of the first body, in order, and the other one: 3! / 2!
}

TEST_CASE("many bodies of parallel are one list") {
  std::atomic<int> n = 0;
  CHECK_HOLDS(explore_all([&] { parallel(std::vector<std::function<void()>>(5, [&] { ++n; })); }), 120u);
  CHECK_HOLDS(explore_all([&] { parallel(std::vector<std::function<void()>>{}); }), 1u);
}

TEST_CASE("join returns what the thread returned or gave to pthread_exit") {
  const Report report = explore_all([] {
    pthread_t returns, exits;
    int a = 0, b = 0;
    pthread_create(&returns, nullptr, [](void* p) { return p; }, &a);
    pthread_create(&exits, nullptr, [](void* p) -> void* { pthread_exit(p); }, &b);
    void *first = nullptr, *second = nullptr;
    REQUIRE(pthread_join(returns, &first) == 0);
    REQUIRE(pthread_join(exits, &second) == 0);
    REQUIRE(first == &a);
    REQUIRE(second == &b);
  });
  CHECK_HOLDS(report, 1u);
}

TEST_CASE("pthread_exit runs the destructors of the thread's frames") {
  std::atomic<int> destroyed = 0;
  const Report report = explore_all([&] {
    struct Counts {
      std::atomic<int>& n;
      ~Counts() { ++n; }
    };
    std::thread thread([&] {
      const Counts outer{destroyed};
      [&] {
        const Counts inner{destroyed};
        pthread_exit(nullptr);
      }();
    });
    thread.join();
    require(destroyed.load() == 2);
  });
  CHECK_HOLDS(report, 1u);
}

TEST_CASE("the body may leave by pthread_exit while its threads go on") {
  std::atomic<int> n = 0;
  const Report report = explore_all([&] {
    std::thread([&] { outcome(std::to_string(++n)); }).detach();
    pthread_exit(nullptr);
  });
  CHECK_HOLDS(report, 1u);
  CHECK_OUTCOMES(report, {{"1", 1}});
}

TEST_CASE("pthread_exit runs the destructors of the body's frames as well") {
  std::atomic<int> n = 0;
  CHECK_HOLDS(explore_all([&] {
    struct Counts {
      std::atomic<int>& n;
      ~Counts() { outcome(std::to_string(++n)); }
    };
    const Counts counts{n};
    pthread_exit(nullptr);
  }), 1u);
}

TEST_CASE("a timed join has one candidate: joined if the thread has ended by then, else a timeout") {
  // Two orders of the thread's one operation and the join; a second, plain join follows a timeout.
  const auto timed = [](int (*join)(pthread_t)) {
    return explore_all([join] {
      std::atomic<int> n = 0;
      pthread_t thread;
      pthread_create(&thread, nullptr, increment, &n);
      const int result = join(thread);
      if (result == 0) {
        require(n.load() == 1);
      } else {
        REQUIRE(pthread_join(thread, nullptr) == 0);
      }
      outcome(result == 0 ? "joined" : result == ETIMEDOUT ? "timeout" : result == EBUSY ? "busy" : std::to_string(result));
    });
  };
  const Report timed_join = timed([](pthread_t t) {
    const timespec until = soon();
    return pthread_timedjoin_np(t, nullptr, &until);
  });
  CHECK_HOLDS(timed_join, 2u);
  CHECK_OUTCOMES(timed_join, {{"joined", 1}, {"timeout", 1}});
  const Report clock_join = timed([](pthread_t t) {
    const timespec until = soon(CLOCK_MONOTONIC);
    return pthread_clockjoin_np(t, nullptr, CLOCK_MONOTONIC, &until);
  });
  CHECK_HOLDS(clock_join, 2u);
  CHECK_OUTCOMES(clock_join, {{"joined", 1}, {"timeout", 1}});
  const Report try_join = timed([](pthread_t t) { return pthread_tryjoin_np(t, nullptr); });
  CHECK_HOLDS(try_join, 2u);
  CHECK_OUTCOMES(try_join, {{"busy", 1}, {"joined", 1}});
}

TEST_CASE("joins that make no sense are errors, as POSIX says") {
  const Report report = explore_all([] {
    pthread_t thread;
    pthread_create(&thread, nullptr, nothing, nullptr);
    timespec bad = soon();
    bad.tv_nsec = 1'000'000'000;
    REQUIRE(pthread_timedjoin_np(thread, nullptr, &bad) == EINVAL);
    REQUIRE(pthread_join(pthread_self(), nullptr) == EDEADLK);
    REQUIRE(pthread_join(thread, nullptr) == 0);
    REQUIRE(pthread_join(thread, nullptr) == ESRCH);
    REQUIRE(pthread_detach(thread) == ESRCH);
    pthread_create(&thread, nullptr, nothing, nullptr);
    REQUIRE(pthread_detach(thread) == 0);
    REQUIRE(pthread_join(thread, nullptr) == EINVAL);
    REQUIRE(pthread_detach(thread) == EINVAL);
  });
  CHECK_HOLDS(report, 1u);
}

TEST_CASE("a detached thread that sleeps for ever at the end is quiescence, a joinable one a deadlock") {
  const auto sleeper = [](bool detached) {
    return explore_all([detached] {
      pthread_t thread;
      pthread_create(&thread, nullptr, sleep_for_ever, nullptr);
      if (detached) pthread_detach(thread);
    });
  };
  CHECK_HOLDS(sleeper(true), 1u);
  CHECK_FAILS(sleeper(false), 1u, 1u, "deadlock");
}

TEST_CASE("a thread created detached is a daemon") {
  const Report report = explore_all([] {
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    pthread_create(&thread, &detached, sleep_for_ever, nullptr);
    REQUIRE(pthread_join(thread, nullptr) == EINVAL);
    pthread_attr_destroy(&detached);
  });
  CHECK_HOLDS(report, 1u);
}

TEST_CASE("what a daemon holds can be what the others wait for: a deadlock all the same") {
  const Report report = explore_all([] {
    auto mutex = std::make_shared<std::mutex>();
    std::thread([mutex] {
      mutex->lock();
      sleep_for_ever(nullptr);
    }).detach();
    mutex->lock();
    mutex->unlock();
  });
  CHECK(report.verdict == Verdict::fail);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "deadlock");
  // Body first: lock, unlock, done, and the daemon sleeps: quiescence. Sibling of the above.
  CHECK(report.failing < report.executions);
}

TEST_CASE("after the body has returned, the remaining threads run to their ends") {
  std::atomic<int> n = 0;  // outlives the body
  const Report report = explore_all([&] {
    const auto count = [&] {
      ++n;
      outcome(std::to_string(n.load()));
    };
    std::thread(count).detach();
    std::thread(count).detach();
  });
  // The second creation and the second thread's two steps, in order, meet the two of the first: 5! / (3! 2!).
  CHECK_HOLDS(report, 10u);
}

TEST_CASE("every thread knows itself, and its handle is the one that create returned") {
  const Report report = explore_all([] {
    const auto me = std::this_thread::get_id();
    std::set<std::thread::id> ids{me, std::thread::id{}};
    std::thread::id first, second;
    std::thread a([&] { first = std::this_thread::get_id(); }), b([&] { second = std::this_thread::get_id(); });
    const auto a_id = a.get_id(), b_id = b.get_id();
    a.join();
    b.join();
    REQUIRE(first == a_id);
    REQUIRE(second == b_id);
    ids.insert({first, second});
    REQUIRE(ids.size() == 4);
    REQUIRE(std::this_thread::get_id() == me);
    REQUIRE(pthread_equal(pthread_self(), pthread_self()));
  });
  CHECK_HOLDS(report, 1u);
}

TEST_CASE("thread ids are the same in every execution") {
  std::atomic<int> n = 0;
  const Report report = explore_all([&] {
    std::thread a([&] { ++n; }), b([&] { ++n; });
    outcome(std::to_string(a.native_handle()) + " " + std::to_string(b.native_handle()) + " " + std::to_string(pthread_self()));
    a.join();
    b.join();
  });
  CHECK_HOLDS(report, 5u);
  CHECK(report.outcomes.size() == 1);
}

TEST_CASE("a yield is a local step") {
  // Two yields each: as many interleavings as of any two and two steps, (2 2)! / (2! 2!).
  const auto yields = [] {
    std::this_thread::yield();
    sched_yield();
  };
  CHECK_HOLDS(explore_all([&] { parallel(yields, yields); }), 6u);
}

TEST_CASE("std::jthread is asked to stop and joined by its destructor") {
  std::atomic<int> n = 0;
  const Report report = explore_all([&] {
    { const std::jthread thread([&](std::stop_token token) { outcome(token.stop_requested() ? "asked" : "early"); ++n; }); }
    require(n.load() == 1);
  });
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
  CHECK(names_of(report.outcomes) == std::vector<std::string>{"asked", "early"});
}

TEST_CASE("thread-local variables belong to one thread, and start afresh in every execution") {
  static thread_local int count = 40;
  count = 7;  // of the thread that explores: nobody else's business
  const Report report = explore_all([] {
    const auto twice = [] {
      ++count;
      std::this_thread::yield();
      ++count;
      std::this_thread::yield();
      require(count == 42, "another thread counted here");
    };
    parallel(twice, twice);
  });
  CHECK_HOLDS(report, 6u);
  CHECK(count == 7);
}

TEST_CASE("a thread's thread-local objects are destroyed when it ends") {
  std::atomic<int> destroyed = 0;
  const Report report = explore_all([&] {
    std::thread([&] { announces.n = &destroyed; }).join();
    require(destroyed.load() == 1);
  });
  CHECK_HOLDS(report, 1u);
}
