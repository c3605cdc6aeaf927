// Rounding modes and the sticky flags of floating-point arithmetic: the control words of a thread, which a switch of fibers has
// to take along if the program uses them, and only then. Reading them makes the processor finish all that it has begun, which
// costs more than the rest of a switch.
//
// A program uses them if it, or an instrumented library of it, calls the functions of <fenv.h> or contains the instructions that
// read or write MXCSR (those of <xmmintrin.h>). Bytes that merely look like such an instruction count as well: that is slower,
// never wrong. Precompiled libraries put back what they change before they return.
#pragma once

#include <cstdint>

namespace interleave::engine {

struct FpEnvironment {
  std::uint32_t mxcsr = 0x1f80;  // as a process starts with
  std::uint16_t x87 = 0x037f;

#ifdef __x86_64__
  void save() { asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87)); }
  void restore() const { asm volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87)); }
#endif

  // Whether the program uses them. Looked up once.
  static bool used();
};

}  // namespace interleave::engine
