// What the machine code of a function shows of the memory that it touches. x86-64, decoded by Zydis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace interleave::engine {

// Ranges of addresses that hold nothing that a program changes: read-only segments, what the loader has made read-only, its tables.
class ConstantData {
 public:
  virtual bool contains(std::uintptr_t address) const = 0;

 protected:
  ~ConstantData() = default;
};

// Whether the code reads or writes memory that other threads may touch as well: through anything but the stack pointer and what is
// derived from it, the thread pointer, or constant data. `part`: the code is a part of a function that begins elsewhere, so that rbp may
// point to its frame.
// REQUIRES: the code is loaded where it runs, and relocated.
bool touches_shared_memory(const std::uint8_t* code, std::size_t size, const ConstantData& constants, bool part);

// An instruction that compilers do not write into instrumented code, where atomic accesses are calls: someone wrote it as assembly.
struct AssemblyAccess {
  const std::uint8_t* begin;
  std::size_t size;
  const char* name;  // "xchg"
};

// Those that access memory as one step (lock, xchg), or call the kernel. Only code that has their bytes is decoded.
std::vector<AssemblyAccess> assembly_in(const std::uint8_t* code, std::size_t size);

}  // namespace interleave::engine
