// Calls of code that is not instrumented, traced: each is a step, and an order between threads (unseen_runs.hpp says why). Only for
// unseen_*.cpp.
//
// While a thread is in a traced module, instrumented code may not be executed, and else traced modules may not: each crossing is a fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ucontext.h>

#include "scheduler/unseen/unseen_traps.hpp"

namespace interleave::engine::unseen {

// Installs, and removes, our handler of SIGTRAP, which gets single steps and the begins of traced calls.
void catch_debug_traps();
void leave_debug_traps();
// Forgets what an execution that was abandoned has left behind.
void begin_calls();

// The thread goes on with a step, and then with the call that begins at `entry`.
void trace_call(std::uintptr_t entry, greg_t* registers);

// A traced module may be executed from here on, and instrumented code may not.
void go_inside(Module& module);
// The other way round.
void come_outside();
bool instrumented_is_closed();
void open_instrumented();

void set_inside(std::size_t thread, bool inside);
bool is_inside(std::size_t thread);

// Orders what the running thread does from here on after all traced calls so far.
void order_after_calls();

bool is_instrumented(std::uintptr_t address);

}  // namespace interleave::engine::unseen
