// Instructions whose results the processor decides and not the program: its cycle counter, its random numbers, its own number. In line
// in the code of a program they pass every door, and what depends on them would not come back in a replay.
//
// While an exploration is under way, such an instruction is a trap (its first byte is hlt): a modelled thread is given what the model
// has in its place, which is the same in every execution, and a pass names the place. cpuid is answered, too, and not named: only the
// number of the processor that it ran on is taken out. The cycle counter has a trap of the processor's own (cycle_counter.hpp), and one of
// these only where the system refuses that.
#pragma once

#include <csignal>
#include <cstdint>
#include <ucontext.h>

namespace interleave::engine {

// Whether any code but the system's reads the cycle counter.
bool any_reads_cycle_counter();

bool any_machine_instructions();

// Sets the traps, in what is loaded now. `generation`: what modules_generation() says now. `may`: whether code can be changed; if not, all
// such instructions count as perhaps run. Does nothing if the same modules have their traps already. REQUIRES: no module is closed to execution (unseen_traps.hpp).
void arm_machine_instructions(std::uint64_t generation, bool may);
void disarm_machine_instructions();

// From the handler of SIGSEGV: whether such an instruction was the fault. If so, it is done, and the code may go on.
// `modelled`: by modelled code.
bool answered_machine_instruction(std::uintptr_t at, greg_t* registers, bool modelled);

// Modelled code has read the cycle counter there, by whatever trap.
void note_cycle_counter(const void* instruction);

}  // namespace interleave::engine
