// Files that the kernel makes up as they are read. Those of random numbers give the model's; of those below /proc, which tell of the
// process and of the time, a pass names the first place where one is read.
#pragma once

#include <cstddef>
#include <cstdio>

namespace interleave::engine {

enum class KernelFile { none, random_numbers, process };

// Asked when modelled code reads from it, or opens it as a stream, and noted for the report.
KernelFile uses_kernel_file(int descriptor);

// Overwritten with the model's numbers.
void give_random_bytes(void* p, std::size_t size);

// In the place of a stream of random numbers that the program has opened, which is closed.
std::FILE* random_stream(std::FILE* real);

}  // namespace interleave::engine
