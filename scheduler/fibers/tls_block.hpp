// A thread-local world for each modelled thread: what the C library and the compiler reach through the FS register.
//
// All modelled threads run on one OS thread, which has one set of thread-local variables. Where the program has variables of
// its own there (a PT_TLS segment), each modelled thread is given the block of a parked OS thread: a real one, allocated and
// laid out by the C library, whose owner sleeps for ever. A switch of fibers then also switches the FS base, one instruction.
// A program may thus publish the address of a thread_local variable (queue locks do), and has its own errno and exception
// state for free.
//
// Per execution the program's part of a block is set back to its initial image. Programs without thread-local variables pay
// nothing. REQUIRES: x86-64 with the fsgsbase instructions enabled; otherwise `needed` programs are refused.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine::tls_blocks {

// Whether the program, or an instrumented library of it, has thread-local variables.
bool needed();

// Why blocks cannot be had on this machine, or null.
const char* obstacle();

// The FS base of modelled thread `index`, with the program's variables as at the start of a thread. Parks an OS thread at the
// first use of an index; throws std::system_error if none can be had.
std::uintptr_t fresh(std::size_t index);

// The modelled thread in whose block the address is one of the program's variables; any number that is no thread's if in none's.
std::size_t owner(std::uintptr_t address);

// The FS base of a modelled thread that has a block. REQUIRES: index < count().
std::uintptr_t base(std::size_t index);

// How many OS threads are parked.
std::size_t count();

// The FS base of the calling code.
std::uintptr_t current();

// Where the thread-local variables of the calling OS thread lie: those of all modules that were there from the start.
struct Range {
  std::uintptr_t begin, end;
};
Range own_variables();

// Calls f for the thread-local memory of the calling thread and of each parked thread: variables, and what the C library keeps beside them.
void each_range(void (*f)(Range, void*), void* argument);

// After a fork: the parked threads are not there, and their blocks are the C library's to use again.
void forget();

inline void switch_to(std::uintptr_t base) { asm volatile("wrfsbase %0" : : "r"(base) : "memory"); }

}  // namespace interleave::engine::tls_blocks
