// What a step and an execution cost, as ratios to a bare Boost.Context switch measured in the same run.
//
// Figures are of processor time, each the best of several runs, with the yardstick measured before and after each: machines
// are noisy, ratios less so.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <functional>
#include <mutex>
#include <vector>

#include <interleave/interleave.hpp>
#include <interleave/primitives/condition.hpp>

#include "bare_switch.hpp"

namespace {

using namespace interleave;

double processor_seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

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

void producer_and_consumer() {
  Condition ready;
  std::vector<int> integers;
  parallel(
      [&] {
        for (int i = 0; i < 2; ++i) {
          ready.acquire();
          integers.push_back(i);
          ready.notify();
          ready.release();
        }
      },
      [&] {
        for (int i = 0; i < 2; ++i) {
          ready.acquire();
          while (integers.empty()) ready.wait();
          integers.pop_back();
          ready.release();
        }
      });
}

void measure(const char* name, const std::function<void()>& body, const Options& options) {
  double step_ns = 1e9, ratio = 1e9, rate = 0, bare_ns = 1e9;
  Report report;
  for (int run = 0; run < 5; ++run) {
    const double before = bare_switch_ns();
    const double begin = processor_seconds();
    report = explore(body, options);
    const double seconds = processor_seconds() - begin;
    const double bare = std::min(before, bare_switch_ns());
    const double ns = seconds * 1e9 / static_cast<double>(report.steps);
    bare_ns = std::min(bare_ns, bare);
    step_ns = std::min(step_ns, ns);
    ratio = std::min(ratio, ns / bare);
    rate = std::max(rate, static_cast<double>(report.executions) / seconds);
  }
  std::printf("%-36s %10llu %11llu %8.1f %8.1f %12.0f %8.2f\n", name, static_cast<unsigned long long>(report.executions),
              static_cast<unsigned long long>(report.steps), step_ns, ratio, rate, bare_ns);
}

}  // namespace

int main() {
  std::printf("%-36s %10s %11s %8s %8s %12s %8s\n", "program (strategy)", "executions", "steps", "ns/step", "ratio",
              "executions/s", "bare ns");
  measure("2 threads x 1000 increments (random)", &two_threads_of_1000_increments,
          {.name = "bench", .strategy = "random", .seed = 1, .executions_max = 500});
  measure("3 threads on a mutex (random)", &three_threads_on_a_mutex,
          {.name = "bench", .strategy = "random", .seed = 1, .executions_max = 300'000});
  measure("3 threads on a mutex x 6 (dfs)", [] {
    for (int round = 0; round < 6; ++round) three_threads_on_a_mutex();
  }, {.name = "bench", .strategy = "dfs"});
  measure("producer/consumer of 2 (dfs)", &producer_and_consumer,
          {.name = "bench", .strategy = "dfs", .executions_max = 100'000});
}
