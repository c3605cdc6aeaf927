#include "scheduler/unseen/cycle_counter.hpp"

#include <sys/auxv.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <x86intrin.h>

#include <bit>
#include <cstdint>
#include <ctime>
#include <utility>

#include "scheduler/execution/clock_origin.hpp"
#include "scheduler/execution/execution.hpp"
#include "scheduler/modules/real.hpp"
#include "scheduler/support/interception_mode.hpp"
#include "scheduler/unseen/machine_instructions.hpp"

namespace interleave::engine {
namespace {

bool trapping = false;
bool refused = false;   // the kernel does not let us
bool wanted = false;    // there is a CycleCounterTrap

// The vDSO computes the real time from it.
bool in_vdso(const void* code) {
  static const std::uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
  constexpr std::uintptr_t pages = 4 * 4096;
  return vdso != 0 && reinterpret_cast<std::uintptr_t>(code) - vdso < pages;
}

void trap(bool on) { prctl(PR_SET_TSC, on ? PR_TSC_SIGSEGV : PR_TSC_ENABLE, 0, 0, 0); }

}  // namespace

void trap_cycle_counter() {
  if (!wanted || trapping || refused || !any_reads_cycle_counter()) return;
  refused = prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0;
  trapping = !refused;
}

bool cycle_counter_refused() { return refused; }

CycleCounterTrap::CycleCounterTrap() : outermost_(!std::exchange(wanted, true)) { trap_cycle_counter(); }

CycleCounterTrap::~CycleCounterTrap() {
  if (!outermost_) return;
  wanted = refused = false;
  if (std::exchange(trapping, false)) trap(false);
}

void give_cycle_counter(greg_t* registers, bool names_processor, Execution* run) {
  std::uint64_t count = 0;
  unsigned processor = 0;
  if (run != nullptr) {
    run->look_at_clock();
    count = clock_origin(CLOCK_MONOTONIC) + run->time().now(run->self());
    processor = static_cast<unsigned>(std::countr_zero(run->self().extras().attributes.processors));
  } else {
    if (trapping) trap(false);
    count = __rdtscp(&processor);
    if (trapping) trap(true);
  }
  registers[REG_RAX] = static_cast<greg_t>(count & 0xffff'ffff);
  registers[REG_RDX] = static_cast<greg_t>(count >> 32);
  if (names_processor) registers[REG_RCX] = static_cast<greg_t>(processor);
}

bool answered_cycle_counter(const siginfo_t& info, void* context) {
  if (!trapping || info.si_code != SI_KERNEL) return false;
  greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const auto* const code = reinterpret_cast<const unsigned char*>(registers[REG_RIP]);
  const bool names_processor = code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xf9;
  if (!names_processor && !(code[0] == 0x0f && code[1] == 0x31)) return false;
  Execution* const run = Execution::current;
  const bool modelled = mode != Mode::outside && run != nullptr && run->on_fiber() && !in_vdso(code);
  const EngineScope engine;
  if (modelled) note_cycle_counter(code);
  give_cycle_counter(registers, names_processor, modelled ? run : nullptr);
  registers[REG_RIP] += names_processor ? 3 : 2;
  return true;
}

}  // namespace interleave::engine
