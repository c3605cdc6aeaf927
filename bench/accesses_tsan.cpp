// For accesses: its figures under ThreadSanitizer, one a line. A second thread has been, as in most programs.
#include <cstdio>
#include <memory>
#include <thread>

#include "access_kernels.hpp"

int main() {
  std::thread([] {}).join();
  const auto memory = std::make_unique<std::uint32_t[]>(access_words);
  prepare_access_memory(memory.get());
  for (const AccessKernel& kernel : instrumented::access_kernels) {
    double ns = 0;
    measure_accesses(kernel, memory.get(), &ns);
    std::printf("%f\n", ns);
  }
}
