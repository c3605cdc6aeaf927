// Programs with published numbers of executions of an optimal search: the benchmarks of the partial-order literature, and how
// many interleavings they have where that is known.
#include <array>
#include <atomic>
#include <mutex>
#include <string>

#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

using Bodies = std::vector<std::function<void()>>;

Definition program(std::string name, int n, std::string summary, std::uint64_t classes, std::uint64_t interleavings,
                   std::function<void(int)> body) {
  return {.name = "classes/" + name + "_" + std::to_string(n), .summary = std::move(summary),
          .effort = interleavings == 0 || interleavings > 100'000 ? Effort::search_reduced : Effort::search, .classes = classes,
          .interleavings = interleavings, .body = [body = std::move(body), n] { body(n); }};
}

// The reader looks for the last zero from the top; each writer puts one more than its left neighbour into its cell.
void lastzero(int n) {
  std::vector<std::atomic<int>> a(static_cast<std::size_t>(n) + 1);
  Bodies bodies;
  bodies.push_back([&a, n] {
    auto i = static_cast<std::size_t>(n);
    while (a[i] != 0) --i;
  });
  for (std::size_t j = 1; j <= static_cast<std::size_t>(n); ++j) bodies.push_back([&a, j] { a[j] = a[j - 1] + 1; });
  parallel(std::move(bodies));
}

// Four insertions by each thread into a hash table of 128 cells.
void indexer(int n) {
  std::array<std::atomic<int>, 128> table{};
  Bodies bodies;
  for (int t = 0; t < n; ++t) {
    bodies.push_back([&table, t] {
      for (int i = 0; i < 4; ++i) {
        const int w = 11 * i + t;
        auto h = static_cast<std::size_t>(7 * w % 128);
        for (int empty = 0; !table[h].compare_exchange_strong(empty, w); empty = 0) h = (h + 1) % 128;
      }
    });
  }
  parallel(std::move(bodies));
}

// Each thread gives its inode a block, unless it has one.
void filesystem(int n) {
  constexpr std::size_t inodes = 32, blocks = 26;
  std::array<std::mutex, inodes> inode_lock;
  std::array<std::mutex, blocks> block_lock;
  std::array<int, inodes> inode{};
  std::array<bool, blocks> busy{};
  Bodies bodies;
  for (std::size_t t = 0; t < static_cast<std::size_t>(n); ++t) {
    bodies.push_back([&, t] {
      const std::size_t i = t % inodes;
      const std::lock_guard own(inode_lock[i]);
      if (inode[i] != 0) return;
      for (std::size_t b = 2 * i % blocks;; b = (b + 1) % blocks) {
        const std::lock_guard block(block_lock[b]);
        if (busy[b]) continue;
        busy[b] = true;
        inode[i] = static_cast<int>(b) + 1;
        return;
      }
    });
  }
  parallel(std::move(bodies));
}

void popl_example(int) {
  std::atomic<int> x{0}, y{0}, z{0};
  parallel([&] { x = 1; }, [&] { y = 1; }, [&] { if (y == 0) z = 1; }, [&] { if (z == 1 && y == 0) x = 2; });
}

void mutexes(int n) {
  std::mutex mutex;
  int sum = 0;
  Bodies bodies(static_cast<std::size_t>(n), [&] {
    const std::lock_guard lock(mutex);
    ++sum;
  });
  parallel(std::move(bodies));
}

void two_counters(int n) {
  std::mutex mutex;
  std::atomic<int> x{0}, y{0};
  Bodies bodies(static_cast<std::size_t>(n), [&] {
    const std::lock_guard lock(mutex);
    x = x + 1;
    y = y + 1;
  });
  parallel(std::move(bodies));
}

void never_unlocks(int n) {
  std::mutex mutex;
  int sum = 0;
  Bodies bodies(static_cast<std::size_t>(n), [&] {
    mutex.lock();
    ++sum;
  });
  parallel(std::move(bodies));
}

void one_unlocks(int n) {
  std::mutex mutex;
  int sum = 0;
  Bodies bodies;
  for (int i = 0; i < n; ++i) {
    bodies.push_back([&, i] {
      mutex.lock();
      if (sum++ == i) mutex.unlock();
    });
  }
  parallel(std::move(bodies));
}

void dining(int n) {
  std::vector<std::mutex> forks(static_cast<std::size_t>(n));
  Bodies bodies;
  for (std::size_t i = 0; i < forks.size(); ++i) {
    bodies.push_back([&, i] {
      std::mutex &own = forks[i], &next = forks[(i + 1) % forks.size()];
      own.lock();
      next.lock();
      next.unlock();
      own.unlock();
    });
  }
  parallel(std::move(bodies));
}

void par_length(int n) {
  std::array<std::atomic<int>, 2> own{};
  std::atomic<int> v{0};
  Bodies bodies;
  for (std::size_t t = 0; t < 2; ++t) {
    bodies.push_back([&, t] {
      for (int i = 0; i < n; ++i) {
        own[t] = i;
        (void)own[t].load();
      }
      v = static_cast<int>(t);
      (void)v.load();
    });
  }
  parallel(std::move(bodies));
}

void control_flow(int n) {
  std::atomic<int> x{0}, y{0}, z{0};
  Bodies bodies;
  for (int i = 0; i < n; ++i) bodies.push_back([&] { (void)x.load(); });
  for (int i = 0; i < n; ++i) bodies.push_back([&] { y = 1; });
  bodies.push_back([&] { if (y == 0) z = 1; });
  bodies.push_back([&] { if (z == 1 && y == 0) x = 1; });
  parallel(std::move(bodies));
}

Definition deadlocking(Definition definition) {
  definition.expect = Verdict::fail;
  definition.failure_kind = "deadlock";
  definition.hangs = true;
  return definition;
}

constexpr const char* last_zero = "the last zero of an array that N writers fill";
constexpr const char* insertions = "insertions into a hash table by compare-exchange";
constexpr const char* blocks = "inodes that are given blocks, a mutex each";
constexpr const char* once = "threads that lock one mutex once";
constexpr const char* twice = "threads that count in two variables, both under one mutex";
constexpr const char* philosophers = "philosophers who take their own fork first: one class deadlocks";

const Scenario all[] = {
    Scenario(program("lastzero", 5, last_zero, 64, 3487880, lastzero)),
    Scenario(program("lastzero", 10, last_zero, 3328, 0, lastzero)),
    Scenario(program("lastzero", 12, last_zero, 15360, 0, lastzero)),
    Scenario(program("lastzero", 15, last_zero, 147456, 0, lastzero)),
    Scenario(program("indexer", 11, insertions, 1, 0, indexer)),
    Scenario(program("indexer", 12, insertions, 8, 0, indexer)),
    Scenario(program("indexer", 15, insertions, 4096, 0, indexer)),
    Scenario(program("filesystem", 14, blocks, 2, 0, filesystem)),
    Scenario(program("filesystem", 16, blocks, 8, 0, filesystem)),
    Scenario(program("filesystem", 18, blocks, 32, 0, filesystem)),
    Scenario(program("filesystem", 19, blocks, 64, 0, filesystem)),
    Scenario(program("popl_example", 4, "on which source sets alone start executions in vain", 5, 0, popl_example)),
    Scenario(program("mutex", 2, once, 2, 2, mutexes)),
    Scenario(program("mutex", 3, once, 6, 6, mutexes)),
    Scenario(program("mutex", 4, once, 24, 24, mutexes)),
    Scenario(program("mutex", 5, once, 120, 120, mutexes)),
    Scenario(program("mutex", 6, once, 720, 720, mutexes)),
    Scenario(program("mutex", 7, once, 5040, 5040, mutexes)),
    Scenario(program("mutex", 8, once, 40320, 40320, mutexes)),
    Scenario(program("lock2inc", 2, twice, 2, 2, two_counters)),
    Scenario(program("lock2inc", 3, twice, 6, 6, two_counters)),
    Scenario(program("lock2inc", 4, twice, 24, 24, two_counters)),
    Scenario(program("lock2inc", 5, twice, 120, 120, two_counters)),
    Scenario(program("lock2inc", 6, twice, 720, 720, two_counters)),
    Scenario(program("lock2inc", 7, twice, 5040, 5040, two_counters)),
    Scenario(deadlocking(program("mutex_deadlock", 3, "nobody unlocks", 3, 3, never_unlocks))),
    Scenario(deadlocking(program("mutex_hard", 3, "who unlocks depends on who was there before", 4, 4, one_unlocks))),
    Scenario(deadlocking(program("dining", 2, philosophers, 3, 6, dining))),
    Scenario(deadlocking(program("dining", 3, philosophers, 7, 168, dining))),
    Scenario(deadlocking(program("dining", 4, philosophers, 15, 98184, dining))),
    Scenario(deadlocking(program("dining", 5, philosophers, 31, 66468720, dining))),
    Scenario(program("par_length", 400, "two long threads that meet once at the end", 4, 0, par_length)),
    Scenario(program("par_length", 500, "two long threads that meet once at the end", 4, 0, par_length)),
    Scenario(program("par_length", 600, "two long threads that meet once at the end", 4, 0, par_length)),
    Scenario(program("control_flow", 1, "branches on what others store", 5, 69, control_flow)),
    Scenario(program("control_flow", 2, "branches on what others store", 18, 2676, control_flow)),
    Scenario(program("control_flow", 3, "branches on what others store", 90, 178416, control_flow)),
};

}  // namespace
}  // namespace interleave::scenarios
