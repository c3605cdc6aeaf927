// <condition_variable>, <semaphore>, <latch>, <barrier>, and their relatives of POSIX.
#include "surface.hpp"

#include <barrier>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <thread>

#include <pthread.h>
#include <semaphore.h>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

// A waiter and a notifier over one flag; `wait` says whether it saw the flag.
template <class Condition, class Mutex = std::mutex, class Wait>
std::function<void()> waited(Wait wait, bool all = false) {
  return [=] {
    Mutex mutex;
    Condition condition;
    bool ready = false;
    parallel([&] {
      std::unique_lock lock(mutex);
      outcome(wait(condition, lock, [&] { return ready; }) ? "ready" : "timeout");
    }, [&] {
      {
        const std::lock_guard lock(mutex);
        ready = true;
      }
      all ? condition.notify_all() : condition.notify_one();
    });
  };
}

}  // namespace

TEST_CASE("std::condition_variable: wait, wait_for, wait_until, with and without a predicate") {
  using C = std::condition_variable;
  // The waiter L U, or L, wait (gives the mutex up), and once woken L U; the notifier L U N. The waiter first: it sleeps, one
  // interleaving. The notifier first: its N before, between or after the waiter's L and U.
  holds({.executions = 4, .outcomes = {"ready"}}, waited<C>([](auto& c, auto& l, auto p) { return c.wait(l, p), true; }));
  holds({.executions = 4, .outcomes = {"ready"}}, waited<C>([](auto& c, auto& l, auto p) {
          while (!p()) c.wait(l);
          return true;
        }, true));
  const Expected timed{.outcomes = {"ready", "timeout"}, .real = Real::no};  // pthread_cond_clockwait: not known to TSan 14
  holds(timed, waited<C>([](auto& c, auto& l, auto p) { return c.wait_for(l, 1s, p); }));
  holds(timed, waited<C>([](auto& c, auto& l, auto p) { return c.wait_until(l, std::chrono::steady_clock::now() + 1s, p); }));
  holds(timed, waited<C>([](auto& c, auto& l, auto p) { return c.wait_until(l, std::chrono::system_clock::now() + 1s, p); }));
  holds(timed, waited<C>([](auto& c, auto& l, auto p) {
          return p() || c.wait_for(l, 1s) == std::cv_status::no_timeout;
        }));
}

TEST_CASE("std::condition_variable_any: over any lock, and with a stop token") {
  using C = std::condition_variable_any;
  holds({.outcomes = {"ready"}}, waited<C>([](auto& c, auto& l, auto p) { return c.wait(l, p), true; }));
  holds({.outcomes = {"ready"}}, waited<C, std::shared_mutex>([](auto& c, auto& l, auto p) { return c.wait(l, p), true; }, true));
  holds({.outcomes = {"ready", "timeout"}, .real = Real::no}, waited<C>([](auto& c, auto& l, auto p) { return c.wait_for(l, 1s, p); }));
  holds({.outcomes = {"ready", "timeout"}, .real = Real::no}, waited<C>([](auto& c, auto& l, auto p) {
          return c.wait_until(l, std::chrono::system_clock::now() + 1s, p);
        }));
  // A stop request wakes the waiter. The stop state's own lock spins.
  holds({.outcomes = {"stopped"}, .by = By::classes}, [] {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::jthread waiter([&](std::stop_token token) {
      std::unique_lock lock(mutex);
      outcome(condition.wait(lock, token, [] { return false; }) ? "?" : "stopped");
    });
    waiter.request_stop();
  });
}

TEST_CASE("std::notify_all_at_thread_exit: after the thread's variables are gone", "[shared_with_asan]") {
  holds({.outcomes = {"gone"}, .real = Real::no}, [] {
    static std::atomic<bool> gone;
    gone = false;
    struct Flags {
      ~Flags() { gone = true; }
    };
    std::mutex mutex;
    std::condition_variable condition;
    bool ready = false;
    std::thread thread([&] {
      thread_local Flags flags;
      static_cast<void>(&flags);
      std::unique_lock lock(mutex);
      ready = true;
      std::notify_all_at_thread_exit(condition, std::move(lock));
    });
    {
      std::unique_lock lock(mutex);
      condition.wait(lock, [&] { return ready; });
      outcome(gone ? "gone" : "still there");
    }
    thread.join();
  });
}

TEST_CASE("pthread_cond_t: wait, timedwait by either clock, clockwait, signal, broadcast") {
  const auto body = [](int (*wait)(pthread_cond_t*, pthread_mutex_t*), int (*notify)(pthread_cond_t*)) {
    return [=] {
      pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
      pthread_condattr_t attributes;
      pthread_condattr_init(&attributes);
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
      clockid_t clock = CLOCK_REALTIME;
      REQUIRE((pthread_condattr_getclock(&attributes, &clock) == 0 && clock == CLOCK_MONOTONIC));
      pthread_cond_t condition;
      pthread_cond_init(&condition, &attributes);
      pthread_condattr_destroy(&attributes);
      bool ready = false;
      parallel([&] {
        pthread_mutex_lock(&mutex);
        int result = 0;
        while (!ready && result == 0) result = wait(&condition, &mutex);
        outcome(result == 0 ? "ready" : result == ETIMEDOUT ? "timeout" : "?");
        pthread_mutex_unlock(&mutex);
      }, [&] {
        pthread_mutex_lock(&mutex);
        ready = true;
        notify(&condition);
        pthread_mutex_unlock(&mutex);
      });
      REQUIRE(pthread_cond_destroy(&condition) == 0);
    };
  };
  holds({.executions = 2, .outcomes = {"ready"}}, body(pthread_cond_wait, pthread_cond_signal));
  holds({.executions = 2, .outcomes = {"ready"}}, body(pthread_cond_wait, pthread_cond_broadcast));
  const Expected timed{.outcomes = {"ready", "timeout"}};
  holds(timed, body([](auto c, auto m) {
          const timespec t = in_a_second(CLOCK_MONOTONIC);
          return pthread_cond_timedwait(c, m, &t);
        }, pthread_cond_signal));
  holds({.outcomes = {"ready", "timeout"}, .real = Real::no}, body([](auto c, auto m) {
          const timespec t = in_a_second(CLOCK_REALTIME);
          return pthread_cond_clockwait(c, m, CLOCK_REALTIME, &t);
        }, pthread_cond_broadcast));
}

TEST_CASE("sem_t: wait, trywait, timedwait, clockwait, post, getvalue") {
  const auto posted = [](int (*wait)(sem_t*)) {
    return [wait] {
      sem_t semaphore;
      sem_init(&semaphore, 0, 0);
      parallel([&] { sem_post(&semaphore); },
               [&] { outcome(wait(&semaphore) == 0 ? "got" : errno == EAGAIN ? "empty" : errno == ETIMEDOUT ? "timeout" : "?"); });
      int value = 9;
      sem_getvalue(&semaphore, &value);
      require(value == 0 || value == 1);
      REQUIRE(sem_destroy(&semaphore) == 0);
    };
  };
  holds({.executions = 1, .outcomes = {"got"}}, posted(sem_wait));
  holds({.executions = 2, .outcomes = {"empty", "got"}}, posted(sem_trywait));
  holds({.executions = 2, .outcomes = {"got", "timeout"}}, posted([](sem_t* s) {
          const timespec t = in_a_second(CLOCK_REALTIME);
          return sem_timedwait(s, &t);
        }));
  holds({.executions = 2, .outcomes = {"got", "timeout"}, .real = Real::no}, posted([](sem_t* s) {
          const timespec t = in_a_second(CLOCK_MONOTONIC);
          return sem_clockwait(s, CLOCK_MONOTONIC, &t);
        }));
}

TEST_CASE("std::counting_semaphore: acquire, try_acquire and its timed forms, release of several") {
  holds({.outcomes = {"got"}}, [] {
    std::counting_semaphore<5> semaphore(0);
    static_assert(decltype(semaphore)::max() >= 5);
    parallel([&] { semaphore.release(2); }, [&] { semaphore.acquire(), semaphore.acquire(); });
    outcome(semaphore.try_acquire() ? "too many" : "got");
  });
  const auto released_after = [](std::chrono::milliseconds delay, auto acquire) {
    return [=] {
      std::binary_semaphore semaphore(0);
      parallel([&] { std::this_thread::sleep_for(delay); semaphore.release(); },
               [&] { outcome(acquire(semaphore) ? "got" : "not"); });
    };
  };
  holds({.outcomes = {"got", "not"}}, released_after(0ms, [](auto& s) { return s.try_acquire(); }));
  const auto in_time = [&](auto acquire) {
    holds({.outcomes = {"got"}, .real = Real::no, .clock = "virtual"}, released_after(500ms, acquire));
    holds({.outcomes = {"not"}, .real = Real::no, .clock = "virtual"}, released_after(2000ms, acquire));
  };
  in_time([](auto& s) { return s.try_acquire_for(1s); });
  in_time([](auto& s) { return s.try_acquire_until(std::chrono::steady_clock::now() + 1s); });
  in_time([](auto& s) { return s.try_acquire_until(std::chrono::system_clock::now() + 1s); });
}

TEST_CASE("std::latch: count_down, try_wait, wait, arrive_and_wait") {
  holds({.outcomes = {"early", "open"}}, [] {
    std::latch latch(2);
    std::atomic<int> arrived = 0;
    parallel([&] { ++arrived; latch.count_down(2); }, [&] {
      const bool open = latch.try_wait();
      outcome(open ? "open" : "early");
      require(!open || arrived == 1);
    });
    latch.wait();
  });
  holds({.outcomes = {"2"}, .by = By::classes}, [] {
    std::latch latch(2);
    std::atomic<int> arrived = 0;
    const auto thread = [&] { ++arrived; latch.arrive_and_wait(); require(arrived == 2); };
    parallel(thread, thread);
    outcome(std::to_string(arrived));
  });
}

TEST_CASE("std::barrier: arrive, wait, arrive_and_wait, arrive_and_drop, a completion once per phase") {
  holds({.outcomes = {"2"}, .by = By::classes}, [] {
    int phases = 0;
    std::barrier barrier(2, [&]() noexcept { ++phases; });
    parallel([&] { barrier.arrive_and_wait(); require(phases == 1); barrier.arrive_and_drop(); },
             [&] { barrier.wait(barrier.arrive()); require(phases >= 1); barrier.arrive_and_wait(); require(phases == 2); });
    outcome(std::to_string(phases));
  });
}

TEST_CASE("pthread_barrier_t: one of the threads is the serial one") {
  // Two arrivals: whoever is last goes on at once.
  holds({.executions = 2, .outcomes = {"1"}}, [] {
    pthread_barrier_t barrier;
    REQUIRE(pthread_barrier_init(&barrier, nullptr, 0) == EINVAL);
    REQUIRE(pthread_barrier_init(&barrier, nullptr, 2) == 0);
    std::atomic<int> serial = 0;
    const auto thread = [&] {
      if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) serial.fetch_add(1);
    };
    parallel(thread, thread);
    REQUIRE(pthread_barrier_destroy(&barrier) == 0);
    outcome(std::to_string(serial));
  });
}
