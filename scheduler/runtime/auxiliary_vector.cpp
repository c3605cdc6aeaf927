// What the kernel tells a program when it starts it. Sixteen random bytes are among it (AT_RANDOM), which hash tables take for their seeds:
// in the model they are the same in every process. All else is passed through.
#include <sys/auxv.h>

#include "scheduler/runtime/door.hpp"

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" unsigned long getauxval(unsigned long type) noexcept {
  static const unsigned char random[16] = {0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c, 0x15, 0xf3, 0x9c, 0xc0, 0x60, 0x5c, 0xed, 0xc8, 0x34};
  const Model model;
  return model && type == AT_RANDOM ? reinterpret_cast<unsigned long>(random) : REAL(getauxval)(type);
}

#pragma GCC visibility pop
