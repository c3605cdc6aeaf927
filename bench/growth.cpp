// How the cost of an execution grows with its length and with the number of its threads, by default settings.
#include <cstdio>
#include <string>

#include "measure.hpp"
#include "programs.hpp"

namespace {

void row(int threads, int length, const char* strategy, std::uint64_t steps) {
  const auto length_of_one = static_cast<std::uint64_t>(threads) * static_cast<std::uint64_t>(length);
  const Figures figures = measure(programs::increments(threads, length),
                                  {.name = "growth", .strategy = strategy, .seed = 1, .executions_max = steps / length_of_one});
  std::printf("%-9s %8d %11d %10llu %12.0f %16.0f %10.1f %8.1f\n", strategy, threads, length, static_cast<unsigned long long>(length_of_one),
              figures.seconds * 1e9 / figures.executions(), figures.switches_per_execution(), figures.step_ns(), figures.switches_per_step());
  std::fflush(stdout);
}

}  // namespace

void print_growth() {
  std::printf("%-9s %8s %11s %10s %12s %16s %10s %8s\n", "strategy", "threads", "increments", "steps", "ns/execution", "ratio/execution",
              "ns/step", "ratio");
  for (const char* strategy : {"random", "dpor"}) {
    for (const int length : {5, 50, 500, 5000}) row(2, length, strategy, 400'000);
    for (const int threads : {2, 4, 8, 16}) row(threads, 50, strategy, 400'000);
  }
}
