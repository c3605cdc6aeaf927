// What a plain memory access costs: without instrumentation, in the model with and without race detection, and under
// ThreadSanitizer (accesses_tsan, beside this program: the same object file). Ratios to the uninstrumented loop of the same run.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/services.hpp>

#include "access_kernels.hpp"

namespace {

using namespace interleave;
using Figures = std::vector<double>;

Figures of(const AccessKernel (&kernels)[access_kernels_count]) {
  const auto memory = std::make_unique<std::uint32_t[]>(access_words);
  prepare_access_memory(memory.get());
  Figures figures(access_kernels_count);
  for (std::size_t i = 0; i < access_kernels_count; ++i) measure_accesses(kernels[i], memory.get(), &figures[i]);
  return figures;
}

Figures in_the_model(const char* races, bool second_thread) {
  Figures figures(access_kernels_count);
  double* result = figures.data();
  detail::explore_unsaid([=] {
    const auto memory = std::make_unique<std::uint32_t[]>(access_words);
    prepare_access_memory(memory.get());
    const auto all = [&] {
      for (std::size_t i = 0; i < access_kernels_count; ++i) measure_accesses(instrumented::access_kernels[i], memory.get(), result + i);
    };
    second_thread ? parallel(all, [] {}) : all();
  }, {.name = "accesses", .strategy = "random", .seed = 1, .executions_max = 1, .races = races});
  return figures;
}

Figures under_thread_sanitizer(const std::string& program) {
  Figures figures;
  if (std::FILE* pipe = popen(program.c_str(), "r")) {
    for (double ns = 0; std::fscanf(pipe, "%lf", &ns) == 1;) figures.push_back(ns);
    pclose(pipe);
  }
  figures.resize(access_kernels_count);
  return figures;
}

}  // namespace

int main(int, char** arguments) {
  const Figures bare = of(uninstrumented::access_kernels);
  struct Column {
    const char* title;
    Figures figures;
  };
  const Column columns[] = {
      {"outside", of(instrumented::access_kernels)},
      {"ignore", in_the_model("ignore", true)},
      {"fail, alone", in_the_model("fail", false)},
      {"fail", in_the_model("fail", true)},
      {"TSan", under_thread_sanitizer(std::string(arguments[0]) + "_tsan")},
  };
  std::printf("ns per access, and times the uninstrumented loop\n\n%-34s %8s", "", "bare");
  for (const Column& column : columns) std::printf("  %15s", column.title);
  std::printf("\n");
  for (std::size_t i = 0; i < access_kernels_count; ++i) {
    std::printf("%-34s %8.2f", uninstrumented::access_kernels[i].name, bare[i]);
    for (const Column& column : columns) std::printf("  %6.2f (%5.1fx)", column.figures[i], column.figures[i] / bare[i]);
    std::printf("\n");
  }
  std::printf("\noutside: the same object file, not in an exploration; alone: before a second thread was created\n");
}
