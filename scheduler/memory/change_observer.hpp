#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

// Is told what the running thread changes besides its own stack, before it does. Called in the engine's own mode (EngineScope) where memory
// is allocated for it.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  // These bytes, not of its own stack, are about to be written.
  virtual void wrote(const void* p, std::size_t size) = 0;
  // Something is done that is not seen in memory.
  virtual void beyond() = 0;
  virtual void allocates() = 0;
  // These bytes, of the heap, are nobody's from now on.
  virtual void freed(const void* p, std::size_t size) = 0;
  // There is nothing at these addresses any more.
  virtual void unmapped(std::uintptr_t begin, std::uintptr_t end) = 0;
};

}  // namespace interleave::engine
