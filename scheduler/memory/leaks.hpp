// Blocks that an execution which came to its end has allocated, has not freed, and that nothing refers to any more.
//
// Nothing: no word of memory that outlives the execution (static storage of the program and of all libraries, thread-local
// variables, the frames of the test, what the execution wrote outside its own memory, what earlier executions have left), and no
// word of a block that is referred to itself. Any word that could be an address of any byte of the block counts, in its lower 48
// bits. So singletons, caches and lists are no leaks, be they freed at exit or never.
//
// A reference that a precompiled library has put into the *heap* from before the exploration is not seen.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

struct Leaks {
  std::size_t    blocks = 0, bytes = 0;
  std::uintptr_t first = 0;  // the block that was allocated first
};

// REQUIRES: the execution has ended by itself with all its threads, and nothing of it was taken back yet. `frame`: where the stack
// of the thread that called explore begins. `set_aside`: says of a block that nothing refers to whether it is to be left out, with the blocks
// that it refers to; may be null.
Leaks find_leaks(const void* frame, bool (*set_aside)(std::uintptr_t block));

}  // namespace interleave::engine
