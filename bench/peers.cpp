// The workloads of the measured peers (GenMC 0.11, Nidhugg 0.4, Relacy, Loom 0.7, Shuttle 0.9), by default settings: executions,
// time, and what was found, with a bare switch of Boost.Context in the same run as the yardstick (5.5 ns where the peers were
// measured). Times are of processor time, the best of three, start-up included.
#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <interleave/interleave.hpp>

#include "bare_switch.hpp"

namespace {

using namespace interleave;
using Bodies = std::vector<std::function<void()>>;

double processor_seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
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

std::string races = "fail";

struct Peer {
  const char* executions;
  double genmc_seconds;  // 0: none
};

void compare(const char* name, const std::function<void()>& body, const Peer& peer, const char* others) {
  Report report;
  double seconds = 1e9, bare = 1e9;
  for (int run = 0; run < 3; ++run) {
    const double before = bare_switch_ns();
    const double begin = processor_seconds();
    report = explore(body, {.name = "peers", .races = races});
    seconds = std::min(seconds, processor_seconds() - begin);
    bare = std::min({bare, before, bare_switch_ns()});
  }
  std::string genmc = "-";
  if (peer.genmc_seconds > 0) {
    char text[64];
    std::snprintf(text, sizeof text, "%.2f s, %.1f x", peer.genmc_seconds, peer.genmc_seconds / (seconds * 5.5 / bare));
    genmc = text;
  }
  std::printf("%-34s %10llu %9.4f s %11.0f  %-10s %9s  %-16s %s\n", name, static_cast<unsigned long long>(report.executions), seconds,
              seconds * 1e9 / bare / static_cast<double>(report.executions), report.failure ? report.failure->kind.c_str() : "proved",
              peer.executions, genmc.c_str(), others);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) races = argv[1];
  if (argc > 2 || (races != "fail" && races != "ignore")) {
    std::fprintf(stderr, "usage: peers [fail|ignore]   whether races are looked for (fail, as by default)\n");
    return 2;
  }
  std::printf("%-34s %10s %11s %11s  %-10s %9s  %-16s %s\n", "workload (search, by default)", "executions", "time", "switches/ex",
              "finding", "published", "GenMC, ratio", "others");
  compare("mutex-3", [] { mutex(3); }, {"6", 0.05}, "Nidhugg 0.035 s; Relacy 780 ex");
  compare("mutex-5", [] { mutex(5); }, {"120", 0.06}, "Nidhugg 0.05 s; Relacy 40.3 M ex, 39 s");
  compare("mutex-8", [] { mutex(8); }, {"40320", 3.0}, "");
  compare("readers-12", [] { readers(12); }, {"4096", 0.11}, "Nidhugg 2.4 s");
  compare("readers-16", [] { readers(16); }, {"65536", 1.4}, "");
  compare("lastzero-10", [] { last_zero(10); }, {"3328", 0.26}, "Nidhugg 2.2 s");
  compare("lastzero-12", [] { last_zero(12); }, {"15360", 1.24}, "");
  compare("indexer-15", [] { indexer(15); }, {"4096", 1.95}, "Nidhugg 57 s");
  compare("filesystem-18", [] { filesystem(18); }, {"32", 0.11}, "Nidhugg 0.105 s");
  compare("queue, 2 conditions, 1 item each", [] { queue(1, false); }, {"48", 0}, "Nidhugg 0.02 s; Relacy 25.6 M ex, 44 s");
  compare("queue, 2 conditions, 2 items each", [] { queue(2, false); }, {"29728", 0}, "Nidhugg 5.0 s");
  compare("queue, 1 condition, 1 item each", [] { queue(1, true); }, {"-", 0}, "Nidhugg: not reported; Relacy 463,480 ex");
  compare("queue, 1 condition, 2 items each", [] { queue(2, true); }, {"-", 0}, "Nidhugg: not reported; Relacy 2 ex; Shuttle 220,038 ex");
  compare("two mutexes, crossed", &crossed_locks, {"-", 0}, "GenMC, Nidhugg: not reported; Relacy, Loom, Shuttle: found");
}
