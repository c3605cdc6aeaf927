// What the doors of the heap share: malloc and its kin (runtime/heap.cpp), operator new and delete (runtime/new_delete.cpp).
#pragma once

#include <cstddef>

#include "scheduler/memory/memory.hpp"

namespace interleave::engine {

// How a block is freed.
struct Release {
  static constexpr std::size_t any = ~std::size_t{0};

  const char* function;      // as a reader knows it: "free", "delete[]"
  Origin      origin = {};   // what it must have been allocated as
  std::size_t size = any;    // the same
  const void* caller;
};

// Allocates and frees in the arena. REQUIRES, of both functions: modelled code. `caller`: where the door returns to. Null, with errno: the arena is
// full.
void* allocate(std::size_t size, std::size_t alignment, Origin origin, const void* caller);
// A block that no execution has allocated is not really freed, because the rollback brings the references to it back.
void release(void* p, const Release& how);

}  // namespace interleave::engine
