// Volatile accesses, where the program was compiled so that they can be told from plain ones (INTERLEAVE_VOLATILE_ATOMIC in
// cmake/InterleaveAddTest.cmake): each is a step, as a relaxed atomic load or store is. Older C code means that by volatile
// (ACCESS_ONCE, CMM_LOAD_SHARED); by the standard two of them race like plain ones, which is what they do without the option.
//
// The hook comes before the access, which the program then makes itself: a store's new value is not known here.
#include <algorithm>
#include <cstring>

#include "scheduler/explain/weak_orders.hpp"
#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/rolled_back.hpp"
#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

const OperationType read_type{.name = "volatile read", .access = Access::read, .polls = true, .shows_value = true, .noun = "volatile",
                              .does = OperationClass::reads};
const OperationType write_type{.name = "volatile write", .access = Access::write, .noted = true, .noun = "volatile", .does = OperationClass::writes};

void volatile_access(void* p, std::size_t size, bool writes, const void* caller) {
  if (mode == Mode::framework && writes) framework_write(p, size);
  Model model;
  if (!model) return outside_access(p, size, writes);
  model->step({.type = writes ? &write_type : &read_type, .object = p, .size = static_cast<std::uint32_t>(size)});
  Thread& self = model->self();
  std::memcpy(&self.pending.state, p, std::min(size, sizeof self.pending.state));
  if (!writes) self.pending.argument = self.pending.state;
  if (writes) memory->note_write(p, size);
  weak_orders.note(__ATOMIC_RELAXED, caller, p);
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (shadow != nullptr && !shadow->atomic(self.id, address, size, __ATOMIC_RELAXED, !writes, writes)) report_found(*model);
}

}  // namespace
}  // namespace interleave::engine

#define INTERLEAVE_VOLATILE(n)                                                                                          \
  INTERLEAVE_POLLING_DOOR("__tsan_volatile_read" #n, "interleave_volatile_read" #n, 1);                                 \
  INTERLEAVE_POLLING_DOOR("__tsan_unaligned_volatile_read" #n, "interleave_volatile_read" #n, 1);                       \
  INTERLEAVE_NOTING_DOOR("__tsan_volatile_write" #n, "interleave_volatile_write" #n, 1);                                \
  INTERLEAVE_NOTING_DOOR("__tsan_unaligned_volatile_write" #n, "interleave_volatile_write" #n, 1);                      \
  INTERLEAVE_BEHIND_DOOR void interleave_volatile_read##n(void* p) {                                                    \
    interleave::engine::volatile_access(p, n, false, __builtin_return_address(0));                                                                   \
  }                                                                                                                     \
  INTERLEAVE_BEHIND_DOOR void interleave_volatile_write##n(void* p) {                                                   \
    interleave::engine::volatile_access(p, n, true, __builtin_return_address(0));                                                                    \
  }

#pragma GCC visibility push(default)

extern "C" {
INTERLEAVE_VOLATILE(1)
INTERLEAVE_VOLATILE(2)
INTERLEAVE_VOLATILE(4)
INTERLEAVE_VOLATILE(8)
INTERLEAVE_VOLATILE(16)
}

#pragma GCC visibility pop
