#pragma once

#include <csetjmp>
#include <vector>

namespace interleave::engine {

// The stack of the calling fiber, innermost first, without the engine's own frames. As far as it goes, if it is broken.
std::vector<const void*> stack_here();

// Whether it is the engine's own code, of which no reader wants to hear, and whose debug information takes long to read.
bool is_engine_code(const void* address);

// Where a fault goes while a stack is walked; null while none is.
extern jmp_buf* broken_stack;

}  // namespace interleave::engine
