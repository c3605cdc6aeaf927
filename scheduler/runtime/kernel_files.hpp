// Files whose contents the kernel makes up as they are read. Those of random numbers yield the model's numbers. Files below /proc, which show
// the process and the time, are read as they are, and a pass names the first place where modelled code reads one.
#pragma once

#include <cstddef>
#include <cstdio>

namespace interleave::engine {

enum class KernelFile { none, random_numbers, process };

// Which kind the descriptor is. Called when modelled code reads from it or opens it as a stream; keeps the first place for the report.
KernelFile uses_kernel_file(int descriptor);

// Overwrites the bytes with random numbers of the model's.
void give_random_bytes(void* p, std::size_t size);

// A stream of the model's numbers, in place of `real`, which is closed.
std::FILE* random_stream(std::FILE* real);

}  // namespace interleave::engine
