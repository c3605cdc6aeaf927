// Why nobody can go on: who waits for what, held by whom, and the cycle if there is one. Pure functions of what the threads
// were doing and of what had happened; the engine only finds out *that* nobody can step.
#pragma once

#include <span>
#include <string>

#include <interleave/interleave.hpp>

namespace interleave::checkers {

// One sentence per finding, joined by "; ". Names the cycle of threads that wait for each other, or the threads that wait for
// something nobody will give, and signals that found nobody and would have woken them.
std::string explain_deadlock(std::span<const ThreadState> threads, std::span<const TraceEvent> trace);

}  // namespace interleave::checkers
