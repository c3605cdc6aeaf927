// The name of a variable on the stack, from debug information.
#pragma once

#include <cstdint>
#include <string>

namespace interleave {

class Symbols;

struct FrameState {            // of a function that has called another
  const void* return_address;  // in it
  std::uintptr_t stack_pointer, base_pointer, canonical_address;  // the last: of the frame, as DWARF defines it
};

struct LocalVariable {
  std::string name, function;  // empty: none is known to lie there
  std::uintptr_t offset = 0;   // of the address in it
};

LocalVariable local_variable(Symbols& symbols, const FrameState& frame, std::uintptr_t address);

}  // namespace interleave
