#include "programs.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
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
    std::atomic<int>& counter = n;  // found once: what is measured is the increments
    for (int i = 0; i < 1000; ++i) ++counter;
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

// The program that runs `bodies(state)` side by side. It changes what it captured, as every execution may.
template <class State, class F>
Program program(std::shared_ptr<State> state, F bodies) {
  return [state, list = Bodies(bodies(*state))] { parallel(list); };
}

Program increments(int threads, int length) {
  return program(std::make_shared<std::atomic<int>>(0), [=](std::atomic<int>& n) {
    return Bodies(static_cast<std::size_t>(threads), [&n, length] {
      for (int i = 0; i < length; ++i) ++n;
    });
  });
}

Program mutex(int n) {
  struct Sum {
    std::mutex mutex;
    int value = 0;
  };
  return program(std::make_shared<Sum>(), [=](Sum& sum) {
    return Bodies(static_cast<std::size_t>(n), [&sum] {
      sum.mutex.lock();
      ++sum.value;
      sum.mutex.unlock();
    });
  });
}

Program readers(int n) {
  return program(std::make_shared<std::atomic<int>>(0), [=](std::atomic<int>& x) {
    Bodies bodies(static_cast<std::size_t>(n), [&x] { x.load(); });
    bodies.emplace_back([&x] { x = 42; });
    return bodies;
  });
}

Program last_zero(int n) {
  const auto threads = static_cast<std::size_t>(n);
  return program(std::make_shared<std::vector<std::atomic<int>>>(threads + 1), [=](std::vector<std::atomic<int>>& a) {
    Bodies bodies{[&a, threads] {
      std::size_t i = threads;
      while (a[i] != 0) --i;
    }};
    for (std::size_t j = 1; j <= threads; ++j) bodies.emplace_back([&a, j] { a[j] = a[j - 1] + 1; });
    return bodies;
  });
}

// Threads hash four messages each into a table; from 12 threads on they collide.
Program indexer(int n) {
  constexpr int size = 128, messages = 4;
  using Table = std::array<std::atomic<int>, size>;
  return program(std::make_shared<Table>(), [=](Table& table) {
    Bodies bodies;
    for (int t = 0; t < n; ++t)
      bodies.emplace_back([&table, t] {
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
    return bodies;
  });
}

Program filesystem(int n) {
  constexpr int inodes = 32, blocks = 26;
  struct Disk {
    std::array<std::mutex, inodes> inode_locks;
    std::array<std::mutex, blocks> block_locks;
    std::array<int, inodes> inode{};
    std::array<bool, blocks> busy{};
  };
  return program(std::make_shared<Disk>(), [=](Disk& disk) {
    Bodies bodies;
    for (int t = 0; t < n; ++t)
      bodies.emplace_back([&disk, t] {
        const auto i = static_cast<std::size_t>(t % inodes);
        const std::lock_guard inode_lock(disk.inode_locks[i]);
        if (disk.inode[i] != 0) return;
        for (auto b = static_cast<std::size_t>(i * 2 % blocks);; b = (b + 1) % blocks) {
          const std::lock_guard block_lock(disk.block_locks[b]);
          if (disk.busy[b]) continue;
          disk.busy[b] = true;
          disk.inode[i] = static_cast<int>(b) + 1;
          return;
        }
      });
    return bodies;
  });
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
