// Programs with known numbers, in the event model of their tables: all threads start together, and the steps are just the
// shared loads and stores and the locks.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

namespace programs {

using Body = std::function<void()>;

inline void judge(bool bug) { interleave::outcome(bug ? "bug" : "ok"); }

// threads x rounds of {load; store}.
inline Body counter(int threads, int rounds) {
  return [=] {
    std::atomic<int> n{0};
    std::vector<Body> bodies(static_cast<std::size_t>(threads), [&] {
      for (int i = 0; i < rounds; ++i) n = n + 1;
    });
    interleave::parallel(std::move(bodies));
    judge(n != threads * rounds);
  };
}

// SCTBench reorder: `writers` set a and then b; one checker must see both or none.
inline Body reorder(int writers) {
  return [=] {
    std::atomic<int> a{0}, b{0};
    bool bug = false;
    std::vector<Body> bodies(static_cast<std::size_t>(writers), [&] {
      a = 1;
      b = -1;
    });
    bodies.push_back([&] { bug = !((a == 0 && b == 0) || (a == 1 && b == -1)); });
    interleave::parallel(std::move(bodies));
    judge(bug);
  };
}

inline Body twostage() {
  return [] {
    std::mutex first, second;
    int one = 0, two = 0;
    bool bug = false;
    interleave::parallel(
        [&] {
          first.lock();
          one = 1;
          first.unlock();
          second.lock();
          two = one + 1;
          second.unlock();
        },
        [&] {
          first.lock();
          if (one == 0) {
            first.unlock();
            return;
          }
          const int seen = one;
          first.unlock();
          second.lock();
          const int then = two;
          second.unlock();
          bug = then != seen + 1;
        });
    judge(bug);
  };
}

inline Body deadlock01() {
  return [] {
    std::mutex a, b;
    interleave::parallel([&] { a.lock(); b.lock(); b.unlock(); a.unlock(); }, [&] { b.lock(); a.lock(); a.unlock(); b.unlock(); });
  };
}

inline Body dining(int n) {
  return [=] {
    std::vector<std::mutex> forks(static_cast<std::size_t>(n));
    std::vector<Body> bodies;
    for (int i = 0; i < n; ++i) {
      bodies.push_back([&forks, i, n] {
        std::mutex &own = forks[static_cast<std::size_t>(i)], &next = forks[static_cast<std::size_t>((i + 1) % n)];
        own.lock();
        next.lock();
        next.unlock();
        own.unlock();
      });
    }
    interleave::parallel(std::move(bodies));
  };
}

}  // namespace programs
