#include "programs.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include <interleave/interleave.hpp>
#include <interleave/primitives/condition.hpp>

namespace programs {

using interleave::Condition;
using interleave::parallel;
using Bodies = std::vector<std::function<void()>>;

void two_threads_of_1000_increments() {
  std::atomic<int> n{0};
  const auto increment = [&] {
    for (int i = 0; i < 1000; ++i) ++n;
  };
  parallel(increment, increment);
}

void three_threads_on_a_mutex() {
  std::mutex mutex;
  int n = 0;
  const auto increment = [&] {
    mutex.lock();
    ++n;
    mutex.unlock();
  };
  parallel(increment, increment, increment);
}

void increments(int threads, int length) {
  std::atomic<int> n{0};
  parallel(Bodies(static_cast<std::size_t>(threads), [&] {
    for (int i = 0; i < length; ++i) ++n;
  }));
}

void mutex(int n) {
  std::mutex mutex;
  int sum = 0;
  parallel(Bodies(static_cast<std::size_t>(n), [&] {
    mutex.lock();
    ++sum;
    mutex.unlock();
  }));
}

void readers(int n) {
  std::atomic<int> x{0};
  Bodies bodies(static_cast<std::size_t>(n), [&] { x.load(); });
  bodies.push_back([&] { x = 42; });
  parallel(std::move(bodies));
}

void last_zero(int n) {
  std::vector<std::atomic<int>> a(static_cast<std::size_t>(n) + 1);
  Bodies bodies{[&] {
    auto i = static_cast<std::size_t>(n);
    while (a[i] != 0) --i;
  }};
  for (std::size_t j = 1; j < a.size(); ++j) bodies.push_back([&a, j] { a[j] = a[j - 1] + 1; });
  parallel(std::move(bodies));
}

// Threads hash four messages each into a table; from 12 threads on they collide.
void indexer(int n) {
  constexpr int size = 128, messages = 4;
  std::array<std::atomic<int>, size> table{};
  Bodies bodies;
  for (int t = 0; t < n; ++t)
    bodies.push_back([&table, t] {
      for (int m = 1; m <= messages; ++m) {
        const int message = m * 11 + t;
        auto h = static_cast<std::size_t>(message * 7 % size);
        int expected = 0;
        while (!table[h].compare_exchange_strong(expected, message)) {
          h = (h + 1) % size;
          expected = 0;
        }
      }
    });
  parallel(std::move(bodies));
}

void filesystem(int n) {
  constexpr int inodes = 32, blocks = 26;
  std::array<std::mutex, inodes> inode_locks;
  std::array<std::mutex, blocks> block_locks;
  std::array<int, inodes> inode{};
  std::array<bool, blocks> busy{};
  Bodies bodies;
  for (int t = 0; t < n; ++t)
    bodies.push_back([&, t] {
      const auto i = static_cast<std::size_t>(t % inodes);
      const std::lock_guard inode_lock(inode_locks[i]);
      if (inode[i] != 0) return;
      for (auto b = static_cast<std::size_t>(i * 2 % blocks);; b = (b + 1) % blocks) {
        const std::lock_guard block_lock(block_locks[b]);
        if (busy[b]) continue;
        busy[b] = true;
        inode[i] = static_cast<int>(b) + 1;
        return;
      }
    });
  parallel(std::move(bodies));
}

// One place, two producers and two consumers of `items` each.
void queue(int items, bool one_condition) {
  std::mutex mutex;
  std::condition_variable first, second;
  std::condition_variable &not_full = first, &not_empty = one_condition ? first : second;
  int size = 0;
  const auto produce = [&] {
    for (int i = 0; i < items; ++i) {
      std::unique_lock lock(mutex);
      not_full.wait(lock, [&] { return size < 1; });
      ++size;
      not_empty.notify_one();
    }
  };
  const auto consume = [&] {
    for (int i = 0; i < items; ++i) {
      std::unique_lock lock(mutex);
      not_empty.wait(lock, [&] { return size > 0; });
      --size;
      not_full.notify_one();
    }
  };
  parallel(produce, produce, consume, consume);
}

void crossed_locks() {
  std::mutex a, b;
  parallel(
      [&] {
        const std::lock_guard first(a);
        const std::lock_guard second(b);
      },
      [&] {
        const std::lock_guard first(b);
        const std::lock_guard second(a);
      });
}

void producer_and_consumer(int integers_wanted) {
  Condition ready;
  std::vector<int> integers;
  parallel(
      [&] {
        for (int i = 0; i < integers_wanted; ++i) {
          ready.acquire();
          integers.push_back(i);
          ready.notify();
          ready.release();
        }
      },
      [&] {
        for (int i = 0; i < integers_wanted; ++i) {
          ready.acquire();
          while (integers.empty()) ready.wait();
          integers.pop_back();
          ready.release();
        }
      });
}

}  // namespace programs
