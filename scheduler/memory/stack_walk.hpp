#pragma once

#include <csetjmp>
#include <vector>

namespace interleave::engine {

// The stack of the calling fiber, innermost first, without the engine's own frames. As far as it goes, if it is broken.
std::vector<const void*> stack_here();

// Where a fault goes while a stack is walked; null while none is.
extern jmp_buf* broken_stack;

}  // namespace interleave::engine
