// What a step costs, with the race detector, which is the default, and without. The costs of beginning and ending executions are
// included: an execution of the mutex program is six steps and three threads.
#include <cstdio>
#include <functional>

#include "measure.hpp"
#include "programs.hpp"

namespace {

void row(const char* name, const std::function<void()>& body, interleave::Options options) {
  options.name = "steps";
  options.races = "fail";
  const Figures with = measure(body, options);
  options.races = "ignore";
  const Figures without = measure(body, options);
  std::printf("%-36s %10llu %10.1f | %7.1f %7.1f %12.0f | %7.1f %7.1f %12.0f\n", name, static_cast<unsigned long long>(with.report.executions),
              with.steps() / with.executions(), with.step_ns(), with.switches_per_step(), with.executions_per_second(), without.step_ns(),
              without.switches_per_step(), without.executions_per_second());
  std::fflush(stdout);
}

}  // namespace

void print_steps() {
  std::printf("%-36s %10s %10s | %28s | %28s\n", "", "", "steps per", "races are looked for", "races are ignored");
  std::printf("%-36s %10s %10s | %7s %7s %12s | %7s %7s %12s\n", "program (strategy)", "executions", "execution", "ns/step", "ratio",
              "executions/s", "ns/step", "ratio", "executions/s");
  row("2 threads x 1000 increments (random)", &programs::two_threads_of_1000_increments,
      {.strategy = "random", .seed = 1, .executions_max = 500});
  row("3 threads on a mutex (random)", &programs::three_threads_on_a_mutex,
      {.strategy = "random", .seed = 1, .executions_max = 300'000});
  row("3 threads on a mutex x 6 (dfs)", [] {
    for (int round = 0; round < 6; ++round) programs::three_threads_on_a_mutex();
  }, {.strategy = "dfs"});
  row("producer/consumer of 2 (dfs)", [] { programs::producer_and_consumer(2); }, {.strategy = "dfs", .executions_max = 100'000});
  row("8 threads on a mutex (dpor)", programs::mutex(8), {.strategy = "dpor"});
  row("a writer and 12 readers (dpor)", programs::readers(12), {.strategy = "dpor"});
  row("a writer and 16 readers (dpor)", programs::readers(16), {.strategy = "dpor"});
  row("last zero of 12 (dpor)", programs::last_zero(12), {.strategy = "dpor"});
  row("producer/consumer of 3 (dpor)", [] { programs::producer_and_consumer(3); }, {.strategy = "dpor"});
}
