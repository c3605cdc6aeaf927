// Calls of the standard library that make steps of their own: what a reader has written where the trace has the steps of its inside.
#pragma once

#include <span>
#include <string>

namespace interleave {
class Symbols;
}

namespace interleave::engine {

// "future.get", "stop_token.stop_requested", "latch.count_down": of a stack of return addresses, innermost first, the call that the program's own
// code has made; empty if it is none of those whose steps say little: of futures, stop tokens, latches, barriers, semaphores, shared pointers, ...
std::string library_call(Symbols& symbols, std::span<const void* const> stack);

}  // namespace interleave::engine
