// POSIX semaphores.
#include "explored.hpp"

#include <cerrno>
#include <climits>

#include <semaphore.h>
#include <time.h>

using namespace interleave;

namespace {

struct Semaphore {
  explicit Semaphore(unsigned value) { sem_init(&semaphore, 0, value); }
  ~Semaphore() { sem_destroy(&semaphore); }
  sem_t* operator&() { return &semaphore; }
  sem_t semaphore;
};

timespec in_a_second(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  ++t.tv_sec;
  return t;
}

// One thread posts, another makes one attempt.
Report post_against(int (*attempt)(sem_t*), Options options = {}) {
  return explore_all([attempt] {
    Semaphore semaphore(0);
    parallel([&] { sem_post(&semaphore); },
             [&] {
               if (attempt(&semaphore) == 0) return outcome("got");
               outcome(errno == EAGAIN ? "empty" : errno == ETIMEDOUT ? "timeout" : errno == EINTR ? "interrupted" : "?");
             });
  }, options);
}

}  // namespace

TEST_CASE("a wait is not enabled before the post") {
  CHECK_HOLDS(post_against(sem_wait), 1u);
}

TEST_CASE("a wait for a permit that is there meets the post in either order") {
  CHECK_HOLDS(explore_all([] {
    Semaphore semaphore(1);
    parallel([&] { sem_post(&semaphore); }, [&] { sem_wait(&semaphore); });
  }), 2u);
}

TEST_CASE("a semaphore of one is a lock, of two lets two in") {
  const auto most_inside = [](unsigned permits) {
    int inside = 0, most = 0;
    Options options;
    options.races = "ignore";  // plain counters: no steps of their own
    return explore_all([=]() mutable {
      Semaphore semaphore(permits);
      const auto enter = [&] {
        sem_wait(&semaphore);
        most = std::max(most, ++inside);
        sem_post(&semaphore);  // announced while inside: others may enter before it happens
        --inside;
      };
      parallel(enter, enter, enter);
      outcome(std::to_string(most));
    }, options);
  };
  const Report one = most_inside(1);
  CHECK_HOLDS(one, 6u);
  CHECK_OUTCOMES(one, {{"1", 6}});
  const Report two = most_inside(2);
  CHECK_OUTCOME_SET(two, {"1", "2"});
}

TEST_CASE("nobody posts: a deadlock") {
  CHECK_FAILS(explore_all([] {
    Semaphore semaphore(0);
    sem_wait(&semaphore);
  }), 1u, 1u, "deadlock");
}

TEST_CASE("a try, and a timed wait on either clock, have one candidate: what they find") {
  const Report attempt = post_against(sem_trywait);
  CHECK_HOLDS(attempt, 2u);
  CHECK_OUTCOMES(attempt, {{"empty", 1}, {"got", 1}});
  const Report timed = post_against([](sem_t* s) {
    const timespec until = in_a_second(CLOCK_REALTIME);
    return sem_timedwait(s, &until);
  });
  CHECK_HOLDS(timed, 2u);
  CHECK_OUTCOMES(timed, {{"got", 1}, {"timeout", 1}});
  const Report monotonic = post_against([](sem_t* s) {
    const timespec until = in_a_second(CLOCK_MONOTONIC);
    return sem_clockwait(s, CLOCK_MONOTONIC, &until);
  });
  CHECK_HOLDS(monotonic, 2u);
  CHECK_OUTCOMES(monotonic, {{"got", 1}, {"timeout", 1}});
}

TEST_CASE("getvalue sees the value between any two steps") {
  // P P | G: three places.
  const Report report = explore_all([] {
    Semaphore semaphore(3);
    parallel([&] { sem_post(&semaphore), sem_post(&semaphore); },
             [&] {
               int value = 0;
               sem_getvalue(&semaphore, &value);
               outcome(std::to_string(value));
             });
  });
  CHECK_HOLDS(report, 3u);
  CHECK_OUTCOMES(report, {{"3", 1}, {"4", 1}, {"5", 1}});
}

TEST_CASE("interrupts are an option: a blocking wait may fail with EINTR, once per call") {
  //     wait(EINTR) post      post wait(EINTR)      post wait(got)
  Options interrupts;
  interrupts.interrupts = true;
  const Report wait = post_against(sem_wait, interrupts);
  CHECK_HOLDS(wait, 3u);
  CHECK_OUTCOMES(wait, {{"got", 1}, {"interrupted", 2}});
  // A timed wait has its own candidate at both places as well.
  const Report timed = post_against([](sem_t* s) {
    const timespec until = in_a_second(CLOCK_REALTIME);
    return sem_timedwait(s, &until);
  }, interrupts);
  CHECK_HOLDS(timed, 4u);
  CHECK_OUTCOMES(timed, {{"got", 1}, {"interrupted", 2}, {"timeout", 1}});
  // A try does not block, so it is not interrupted.
  CHECK_HOLDS(post_against(sem_trywait, interrupts), 2u);
}

TEST_CASE("errors are those of POSIX") {
  CHECK_HOLDS(explore_all([] {
    Semaphore full(SEM_VALUE_MAX);
    REQUIRE(sem_post(&full) == -1);
    REQUIRE(errno == EOVERFLOW);
    Semaphore empty(0);
    timespec bad{0, -1};
    REQUIRE(sem_timedwait(&empty, &bad) == -1);
    REQUIRE(errno == EINVAL);
    REQUIRE(sem_trywait(&empty) == -1);
    REQUIRE(errno == EAGAIN);
    timespec past{0, 0};
    REQUIRE(sem_timedwait(&empty, &past) == -1);
    REQUIRE(errno == ETIMEDOUT);
  }), 1u);
}
