// std::atomic_load(&shared_pointer) and its kin, the free functions: libstdc++ guards each use by a lock out of a table of its
// own, which lies where the model does not look. Its guard object is these doors instead: a lock for each shared_ptr, held from
// the guard's construction to its destruction. (std::atomic<std::shared_ptr> needs none of this: it is a header over atomics.)
#include <algorithm>
#include <vector>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

struct Held {
  const void* guard;
  const void* pointer;
  std::uint32_t thread;
};

// The locks that are held. Few at any time.
std::vector<Held>& held() {
  static auto* const all = new std::vector<Held>;
  return *all;
}

const hooks::BeforeExecution forget{[] { held().clear(); }};

const Held* holding(const void* pointer) {
  const auto found = std::find_if(held().begin(), held().end(), [&](const Held& each) { return each.pointer == pointer; });
  return found == held().end() ? nullptr : &*found;
}

// Not a use of the pointer itself, which is written to as soon as the lock is held.
const OperationType lock_type{
    .name = "shared_ptr lock", .access = Access::write, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return holding(t.pending.object) == nullptr; },
    .slack = [](const Execution&, const Thread& t) -> std::int64_t { return holding(t.pending.object) == nullptr ? 0 : -1; },
    .blocker = [](const Execution& run, const Thread& t) -> const Thread* {
      const Held* by = holding(t.pending.object);
      return by == nullptr ? nullptr : &run.thread(by->thread);
    },
    .noun = "shared_ptr", .does = OperationClass::takes};
const OperationType unlock_type{.name = "shared_ptr unlock", .access = Access::write, .noun = "shared_ptr", .does = OperationClass::gives};

void lock(Execution& run, const void* guard, const void* pointer) {
  run.step({.type = &lock_type, .object = pointer});
  run.self().pending.effect = -1;
  held().push_back({guard, pointer, run.self().id});
  if (shadow != nullptr) shadow->acquire(run.self().id, reinterpret_cast<std::uintptr_t>(pointer));
}

void unlock(Execution& run, const void* guard) {
  while (true) {
    const auto is_ours = [&](const Held& each) { return each.guard == guard && each.thread == run.self().id; };
    auto last = std::find_if(held().rbegin(), held().rend(), is_ours);
    if (last == held().rend()) return;
    const void* pointer = last->pointer;
    run.step({.type = &unlock_type, .object = pointer});
    run.self().pending.effect = 1;
    last = std::find_if(held().rbegin(), held().rend(), is_ours);  // others may have come and gone
    held().erase(std::next(last).base());
    if (shadow != nullptr) shadow->release(run.self().id, reinterpret_cast<std::uintptr_t>(pointer), false);
  }
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

// Constructors and destructors under both of their names.
#define GUARD(name) __asm__("_ZNSt10_Sp_locker" name) __attribute__((visibility("default")))
#define REAL_GUARD(type, name) (reinterpret_cast<type>(next_definition("_ZNSt10_Sp_locker" name)))

extern "C" {

void interleave_guard_one(void* guard, const void* p) GUARD("C1EPKv");
void interleave_guard_one_base(void* guard, const void* p) GUARD("C2EPKv");
void interleave_guard_two(void* guard, const void* p, const void* q) GUARD("C1EPKvS1_");
void interleave_guard_two_base(void* guard, const void* p, const void* q) GUARD("C2EPKvS1_");
void interleave_guard_end(void* guard) GUARD("D1Ev");
void interleave_guard_end_base(void* guard) GUARD("D2Ev");

void interleave_guard_one(void* guard, const void* p) {
  Model model;
  if (model) return lock(*model, guard, p);
  static auto* const real = REAL_GUARD(void (*)(void*, const void*), "C1EPKv");
  real(guard, p);
}

// In one order, whoever asks, as the real one.
void interleave_guard_two(void* guard, const void* p, const void* q) {
  Model model;
  if (model) {
    lock(*model, guard, std::min(p, q));
    if (p != q) lock(*model, guard, std::max(p, q));
    return;
  }
  static auto* const real = REAL_GUARD(void (*)(void*, const void*, const void*), "C1EPKvS1_");
  real(guard, p, q);
}

void interleave_guard_end(void* guard) {
  Model model;
  if (model) return unlock(*model, guard);
  static auto* const real = REAL_GUARD(void (*)(void*), "D1Ev");
  real(guard);
}

void interleave_guard_one_base(void* guard, const void* p) { interleave_guard_one(guard, p); }
void interleave_guard_two_base(void* guard, const void* p, const void* q) { interleave_guard_two(guard, p, q); }
void interleave_guard_end_base(void* guard) { interleave_guard_end(guard); }

}  // extern "C"
