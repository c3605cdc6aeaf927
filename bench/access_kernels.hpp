// Loops of plain accesses, compiled twice from access_kernels.cpp: without and with instrumentation.
#pragma once

#include <cstddef>
#include <cstdint>

struct AccessKernel {
  const char* name;
  std::size_t accesses;                  // of one call, as the source has them
  void (*run)(std::uint32_t* memory);    // of access_words words
};

inline constexpr std::size_t access_words = std::size_t{1} << 16, access_kernels_count = 6;

namespace uninstrumented { extern const AccessKernel access_kernels[access_kernels_count]; }
namespace instrumented { extern const AccessKernel access_kernels[access_kernels_count]; }

// A permutation with one cycle, for the kernel that follows it: the same everywhere.
inline void prepare_access_memory(std::uint32_t* memory) {
  for (std::size_t i = 0; i < access_words; ++i) memory[i] = static_cast<std::uint32_t>((i * 40'505 + 12'345) % access_words);
}

// The best of several calls, nanoseconds of processor time per access. The result is written by code that is not instrumented, so
// that no execution takes it back.
void measure_accesses(const AccessKernel& kernel, std::uint32_t* memory, double* ns);
