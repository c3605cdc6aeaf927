// Where a thread stands when it calls an interposed function: its registers and its stack. runtime/entry.hpp writes it, in assembly.
#pragma once

#include <cstdint>

namespace interleave::engine {

// The state of a thread where it calls a door: its stack from `stack` (the return address) on, and the callee-saved registers; where states
// are kept, also the arguments of the call.
struct CallState {
  std::uintptr_t registers[6];
  const std::uintptr_t* stack;
  std::uintptr_t arguments[5];
};

// The caller of the door under way. INTERLEAVE_POLLING_DOOR always writes it, INTERLEAVE_NOTING_DOOR only where states are kept.
extern "C" __attribute__((visibility("hidden"))) __thread CallState interleave_call_state __attribute__((tls_model("initial-exec")));

// Whether states are kept (state_hasher.hpp).
extern "C" __attribute__((visibility("hidden"))) bool interleave_keeps_states;

}  // namespace interleave::engine
