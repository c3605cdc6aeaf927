// The processor's cycle counter, which code reads in line (rdtsc, rdtscp), past every door. While an exploration runs, the processor traps on
// it, and the modelled threads are shown the model's own clock: nanoseconds, as CLOCK_MONOTONIC has them. A pass names the first place.
#pragma once

#include <csignal>
#include <ucontext.h>

namespace interleave::engine {

class Execution;

// While it lives, reading the counter traps, if any code of the program or of a module that is not the system's may read it. The trap is a
// SIGSEGV, so the handler must be installed before it is made and until it has gone. It holds for the calling thread alone, and is inherited
// by forked children and by a program that is executed.
class CycleCounterTrap {
 public:
  CycleCounterTrap();
  ~CycleCounterTrap();
  CycleCounterTrap(const CycleCounterTrap&) = delete;
  CycleCounterTrap& operator=(const CycleCounterTrap&) = delete;

 private:
  bool outermost_;
};

// Sets the trap now, if there has been no reason before: code was loaded that reads the counter. REQUIRES: a CycleCounterTrap.
void trap_cycle_counter();
// Whether the system does not let us: then the instructions themselves are traps (machine_instructions.hpp).
bool cycle_counter_refused();

// From the handler of SIGSEGV: whether that was such a trap. If so, the registers hold what the counter shows, and the code may go on.
bool answered_cycle_counter(const siginfo_t& info, void* context);

// What rdtsc shows, or rdtscp, which names the processor. `run`: null outside of the model.
void give_cycle_counter(greg_t* registers, bool names_processor, Execution* run);

}  // namespace interleave::engine
