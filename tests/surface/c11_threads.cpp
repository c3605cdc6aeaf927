// <threads.h>: C11's names for the same things.
#include "surface.hpp"

#include <thread>

#include <threads.h>
#include <time.h>

using namespace interleave;

namespace {

// ThreadSanitizer does not know these functions: nothing here runs on real threads.
constexpr Real no = Real::no;

}  // namespace

TEST_CASE("thrd_create, thrd_join, thrd_exit, thrd_detach, thrd_current, thrd_equal") {
  holds({.executions = 1, .real = no}, [] {
    thrd_t a, b, c;
    int result = 0;
    REQUIRE(thrd_create(&a, [](void*) { return -7; }, nullptr) == thrd_success);
    REQUIRE(thrd_create(&b, [](void*) -> int { thrd_exit(8); }, nullptr) == thrd_success);
    REQUIRE(thrd_create(&c, [](void*) { return 0; }, nullptr) == thrd_success);
    REQUIRE(thrd_join(a, &result) == thrd_success);
    REQUIRE(result == -7);
    REQUIRE(thrd_join(b, &result) == thrd_success);
    REQUIRE(result == 8);
    REQUIRE(thrd_detach(c) == thrd_success);
    REQUIRE(thrd_join(c, nullptr) == thrd_error);
    REQUIRE(thrd_equal(thrd_current(), thrd_current()) != 0);
    REQUIRE(thrd_equal(thrd_current(), a) == 0);
  });
}

TEST_CASE("thrd_sleep and thrd_yield are steps") {
  holds({.executions = 6, .real = no}, [] {
    const auto two = [] {
      const timespec second{1, 0};
      REQUIRE(thrd_sleep(&second, nullptr) == 0);
      thrd_yield();
    };
    parallel(two, two);
  });
}

TEST_CASE("mtx_t: lock, trylock, timedlock, unlock, plain and recursive") {
  const auto tried = [](int (*take)(mtx_t*)) {
    return [take] {
      mtx_t mutex;
      REQUIRE(mtx_init(&mutex, mtx_timed) == thrd_success);
      parallel([&] { mtx_lock(&mutex), mtx_unlock(&mutex); }, [&] {
        const int result = take(&mutex);
        outcome(result == thrd_success ? "got" : result == thrd_busy ? "busy" : result == thrd_timedout ? "timeout" : "?");
        if (result == thrd_success) mtx_unlock(&mutex);
      });
      mtx_destroy(&mutex);
    };
  };
  holds({.executions = 2, .outcomes = {"got"}, .real = no}, tried(mtx_lock));
  holds({.executions = 3, .outcomes = {"busy", "got"}, .real = no}, tried(mtx_trylock));
  holds({.executions = 3, .outcomes = {"got", "timeout"}, .real = no}, tried([](mtx_t* m) {
          timespec t;
          timespec_get(&t, TIME_UTC);
          ++t.tv_sec;
          return mtx_timedlock(m, &t);
        }));
  holds({.executions = 1, .real = no}, [] {
    mtx_t mutex;
    mtx_init(&mutex, mtx_plain | mtx_recursive);
    REQUIRE(mtx_lock(&mutex) == thrd_success);
    REQUIRE(mtx_trylock(&mutex) == thrd_success);
    REQUIRE(mtx_unlock(&mutex) == thrd_success);
    REQUIRE(mtx_unlock(&mutex) == thrd_success);
    REQUIRE(mtx_unlock(&mutex) == thrd_error);
  });
}

TEST_CASE("cnd_t: wait, timedwait, signal, broadcast") {
  const auto waited = [](int (*wait)(cnd_t*, mtx_t*), int (*notify)(cnd_t*)) {
    return [=] {
      mtx_t mutex;
      cnd_t condition;
      mtx_init(&mutex, mtx_plain);
      REQUIRE(cnd_init(&condition) == thrd_success);
      bool ready = false;
      parallel([&] {
        mtx_lock(&mutex);
        int result = thrd_success;
        while (!ready && result == thrd_success) result = wait(&condition, &mutex);
        outcome(result == thrd_success ? "ready" : result == thrd_timedout ? "timeout" : "?");
        mtx_unlock(&mutex);
      }, [&] {
        mtx_lock(&mutex);
        ready = true;
        notify(&condition);
        mtx_unlock(&mutex);
      });
      cnd_destroy(&condition);
      mtx_destroy(&mutex);
    };
  };
  holds({.executions = 2, .outcomes = {"ready"}, .real = no}, waited(cnd_wait, cnd_signal));
  holds({.executions = 2, .outcomes = {"ready"}, .real = no}, waited(cnd_wait, cnd_broadcast));
  holds({.outcomes = {"ready", "timeout"}, .real = no}, waited([](cnd_t* c, mtx_t* m) {
          timespec t;
          timespec_get(&t, TIME_UTC);
          ++t.tv_sec;
          return cnd_timedwait(c, m, &t);
        }, cnd_signal));
}

TEST_CASE("call_once and tss_t of C11: once, and a value for each thread with a destructor", "[shared_with_asan]") {
  holds({.executions = 2, .outcomes = {"1"}, .real = no}, [] {
    static once_flag once;
    static int runs;
    once = ONCE_FLAG_INIT;
    runs = 0;
    const auto use = [] { ::call_once(&once, [] { ++runs; }); };
    parallel(use, use);
    outcome(std::to_string(runs));
  });
  holds({.executions = 1, .outcomes = {"1 destroyed"}, .real = no}, [] {
    static int destroyed;
    destroyed = 0;
    tss_t key;
    REQUIRE(tss_create(&key, [](void* p) { destroyed += *static_cast<int*>(p); }) == thrd_success);
    int one = 1, two = 2;
    REQUIRE(tss_set(key, &two) == thrd_success);
    std::thread([&] {
      REQUIRE(tss_get(key) == nullptr);
      REQUIRE(tss_set(key, &one) == thrd_success);
    }).join();
    REQUIRE(tss_get(key) == &two);
    outcome(std::to_string(destroyed) + " destroyed");
    tss_delete(key);
  });
}
