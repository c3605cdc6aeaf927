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
#include <string>
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

void threads_on_a_mutex(int n) {
  std::mutex mutex;
  int sum = 0;
  parallel(std::vector<std::function<void()>>(static_cast<std::size_t>(n), [&] {
    mutex.lock();
    ++sum;
    mutex.unlock();
  }));
}

void readers(int n) {
  std::atomic<int> x{0};
  std::vector<std::function<void()>> bodies(static_cast<std::size_t>(n), [&] { (void)x.load(); });
  bodies.push_back([&] { x = 42; });
  parallel(std::move(bodies));
}

void last_zero(int n) {
  std::vector<std::atomic<int>> a(static_cast<std::size_t>(n) + 1);
  std::vector<std::function<void()>> bodies;
  bodies.reserve(a.size());
  bodies.push_back([&] {
    auto i = static_cast<std::size_t>(n);
    while (a[i] != 0) --i;
  });
  for (std::size_t j = 1; j < a.size(); ++j) bodies.push_back([&a, j] { a[j] = a[j - 1] + 1; });
  parallel(std::move(bodies));
}

void increments(int threads, int length) {
  std::atomic<int> n{0};
  parallel(std::vector<std::function<void()>>(static_cast<std::size_t>(threads), [&] {
    for (int i = 0; i < length; ++i) ++n;
  }));
}

void producer_and_consumer_of(int integers_wanted) {
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

void producer_and_consumer() { producer_and_consumer_of(2); }

std::string races = "fail";

void measure(const char* name, const std::function<void()>& body, Options options) {
  options.races = races;
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

int main(int argc, char** argv) {
  if (argc == 2) races = argv[1];
  if (argc > 2 || (races != "fail" && races != "ignore")) {
    std::fprintf(stderr, "usage: steps [fail|ignore]   whether races are looked for (fail, as by default)\n");
    return 2;
  }
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
  measure("8 threads on a mutex (dpor)", [] { threads_on_a_mutex(8); }, {.name = "bench", .strategy = "dpor"});
  measure("a writer and 12 readers (dpor)", [] { readers(12); }, {.name = "bench", .strategy = "dpor"});
  measure("a writer and 16 readers (dpor)", [] { readers(16); }, {.name = "bench", .strategy = "dpor"});
  measure("last zero of 12 (dpor)", [] { last_zero(12); }, {.name = "bench", .strategy = "dpor"});
  measure("producer/consumer of 3 (dpor)", [] { producer_and_consumer_of(3); }, {.name = "bench", .strategy = "dpor"});
  // How the cost of a step grows with the length of an execution and with the number of threads.
  for (const int length : {5, 50, 500, 5000})
    measure(("2 threads x " + std::to_string(length) + " increments (random)").c_str(), [=] { increments(2, length); },
            {.name = "bench", .strategy = "random", .seed = 1, .executions_max = 2'000'000ULL / static_cast<unsigned>(length)});
  for (const int threads : {2, 4, 8, 16})
    measure((std::to_string(threads) + " threads x 50 increments (random)").c_str(), [=] { increments(threads, 50); },
            {.name = "bench", .strategy = "random", .seed = 1, .executions_max = 40'000ULL / static_cast<unsigned>(threads)});
  for (const int length : {5, 50, 500})
    measure(("2 threads x " + std::to_string(length) + " increments (dpor, begun)").c_str(), [=] { increments(2, length); },
            {.name = "bench", .strategy = "dpor", .executions_max = 200'000ULL / static_cast<unsigned>(length)});
}
