// Atomics of every size: the __tsan_atomic* hooks of both compilers, and the __atomic_* library calls that odd sizes and
// 16-byte objects become.
//
// Memory is sequentially consistent: the declared order does not influence the values. Outside the model these are plain
// sequentially consistent atomics.
#include <cstring>
#include <type_traits>

#include "scheduler/explain/recorder.hpp"
#include "scheduler/explain/weak_orders.hpp"
#include "scheduler/memory/rolled_back.hpp"
#include "scheduler/runtime/door.hpp"
#include "scheduler/support/hash.hpp"

namespace interleave::engine {
namespace {

__extension__ using Wide = __int128;

const OperationType load_type{.name = "load", .access = Access::read, .polls = true, .shows_value = true, .noun = "atomic",
                              .does = OperationClass::reads};
const OperationType store_type{.name = "store", .access = Access::write, .noted = true, .shows_value = true, .noun = "atomic",
                               .does = OperationClass::writes};
const OperationType exchange_type{.name = "exchange", .access = Access::write, .polls = true, .shows_value = true, .noun = "atomic",
                                  .does = OperationClass::writes};
// All have one name, by which a token knows them.
constexpr OperationType modify_type{.name = "fetch-modify", .access = Access::write, .noted = true, .shows_value = true, .noun = "atomic",
                                    .does = OperationClass::writes};
// The same where it may store what was there.
constexpr OperationType maybe_modify_type{.name = "fetch-modify", .access = Access::write, .polls = true, .shows_value = true, .noun = "atomic",
                                          .does = OperationClass::writes};
const OperationType add_type = modify_type, sub_type = modify_type, xor_type = modify_type, nand_type = modify_type, and_type = maybe_modify_type,
                    or_type = maybe_modify_type;
const OperationType compare_type{
    .name = "compare-exchange", .access = Access::write,
    .fails = [](const Operation& op, std::uint64_t state, std::uint32_t) { return state != op.second_state; },
    .polls = true, .shows_value = true, .noun = "atomic", .does = OperationClass::writes};

// Of any size, through the library calls.
const OperationType sized_load_type{.name = "load", .access = Access::read, .noun = "atomic", .does = OperationClass::reads};
const OperationType sized_store_type{.name = "store", .access = Access::write, .noun = "atomic", .does = OperationClass::writes};
const OperationType sized_exchange_type{.name = "exchange", .access = Access::write, .noun = "atomic", .does = OperationClass::writes};
const OperationType sized_compare_type{
    .name = "compare-exchange", .access = Access::write,
    .fails = [](const Operation& op, std::uint64_t state, std::uint32_t) { return state != op.second_state; }, .noun = "atomic",
    .does = OperationClass::writes};

const CalledInCxx calls[] = {{load_type, "load"}, {store_type, "store"}, {exchange_type, "exchange"}, {compare_type, "compare_exchange"},
                             {add_type, "fetch_add"}, {sub_type, "fetch_sub"}, {xor_type, "fetch_xor"}, {nand_type, "fetch_nand"},
                             {and_type, "fetch_and"}, {or_type, "fetch_or"}, {sized_load_type, "load"}, {sized_store_type, "store"},
                             {sized_exchange_type, "exchange"}, {sized_compare_type, "compare_exchange"}};

// A value of any size as the state of its object.
template <class T>
std::uint64_t folded(T value) {
  if constexpr (sizeof(T) == 16) {
    return static_cast<std::uint64_t>(value) ^ static_cast<std::uint64_t>(value >> 64) * 0x9e3779b97f4a7c15ULL;
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

std::uint64_t folded(const void* bytes, std::size_t size) { return interleave::hashes::fnv1a_64(bytes, size); }

template <class T>
const void* plain(const volatile T* p) {
  return const_cast<const T*>(p);
}

template <class T>
__attribute__((always_inline)) inline void show(Execution& run, T value) {
  run.self().pending.argument = static_cast<std::uint64_t>(value);
}

// Announces an operation on *p; the object itself may then be used like a plain one: nobody else runs.
template <class T>
__attribute__((always_inline)) inline T& turn(Execution& run, const OperationType& type, const volatile T* p) {
  run.step({.type = &type, .object = plain(p), .size = sizeof(T)});
  run.self().pending.state = folded(*const_cast<const T*>(p));
  return *const_cast<T*>(p);
}

template <class T>
bool real_compare_exchange(volatile T* p, T* expected, T desired) {
  if constexpr (sizeof(T) == 16) {
    const T seen = __sync_val_compare_and_swap(p, *expected, desired);
    const bool same = seen == *expected;
    *expected = seen;
    return same;
  } else {
    return __atomic_compare_exchange_n(p, expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  }
}

template <class T>
T real_load(const volatile T* p) {
  if constexpr (sizeof(T) == 16) {
    T seen{};
    real_compare_exchange(const_cast<volatile T*>(p), &seen, seen);
    return seen;
  } else {
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);
  }
}

// Applies `change` to *p for real.
template <class T, class F>
T real_modify(volatile T* p, F change) {
  T seen = real_load(p);
  while (!real_compare_exchange(p, &seen, static_cast<T>(change(seen)))) {
  }
  return seen;
}

// What the operation that the running thread has just made orders, and whether it races with a plain access.
template <bool reads, bool writes>
__attribute__((always_inline)) inline void order(Execution& run, const void* p, std::size_t size, int order) {
  if (shadow == nullptr) return;
  if (!shadow->atomic<reads, writes>(run.self().id, reinterpret_cast<std::uintptr_t>(p), size, Shadow::mask_of(size), order)) report_found(run);
}

// The caller of the hook, or of the library's function. A macro in inlined code, read only where it is needed: no register is kept for it.
#define INTERLEAVE_CALLER __builtin_return_address(0)

template <class T>
__attribute__((always_inline)) inline T load(const volatile T* p, int mo) {
  Model model;
  if (!model) {
    outside_access(p, sizeof *p, false);
    return real_load(p);
  }
  Execution& run = *model;
  const T value = turn(run, load_type, p);
  weak_orders.note(mo, INTERLEAVE_CALLER, plain(p));
  order<true, false>(run, plain(p), sizeof(T), mo);
  show(run, value);
  return value;
}

template <class T>
__attribute__((always_inline)) inline void store(volatile T* p, T value, int mo) {
  Model model;
  if (!model) {
    outside_access(p, sizeof *p, true);
    real_modify(p, [&](T) { return value; });
    return;
  }
  Execution& run = *model;
  write(turn(run, store_type, p), value);
  weak_orders.note(mo, INTERLEAVE_CALLER, plain(p));
  order<false, true>(run, plain(p), sizeof(T), mo);
  show(run, value);
}

template <class T, class F>
__attribute__((always_inline)) inline T modify(const OperationType& type, volatile T* p, int mo, F change) {
  Model model;
  if (!model) return real_modify(p, change);
  Execution& run = *model;
  T& object = turn(run, type, p);
  const T before = object;
  const T after = static_cast<T>(change(before));
  if (after != before) write(object, after);
  weak_orders.note(mo, INTERLEAVE_CALLER, plain(p));
  order<true, true>(run, plain(p), sizeof(T), mo);
  show(run, after);
  return before;
}

template <class T>
__attribute__((always_inline)) inline bool compare_exchange(volatile T* p, T* expected, T desired, int success, int failure) {
  Model model;
  if (!model) return real_compare_exchange(p, expected, desired);
  Execution& run = *model;
  T& object = turn(run, compare_type, p);
  run.self().pending.second_state = folded(*expected);
  if (object == *expected) {
    if (object != desired) write(object, desired);
    weak_orders.note(success, INTERLEAVE_CALLER, plain(p));
    order<true, true>(run, plain(p), sizeof(T), success);
    show(run, desired);
    return true;
  }
  run.self().pending.failed = true;
  weak_orders.note(failure, INTERLEAVE_CALLER, plain(p));
  order<true, false>(run, plain(p), sizeof(T), failure);
  show(run, object);
  hand_over(*expected, object);
  return false;
}

// A lock for what the hardware cannot do at once, outside the model only.
class SizelessLock {
 public:
  SizelessLock() {
    while (__atomic_exchange_n(&taken_, true, __ATOMIC_ACQUIRE)) {
    }
  }
  ~SizelessLock() { __atomic_store_n(&taken_, false, __ATOMIC_RELEASE); }

 private:
  static inline bool taken_ = false;
};

template <class F>
__attribute__((always_inline)) inline auto sizeless(Model& model, const OperationType& type, const void* p, std::size_t size, int mo, F effect) {
  if (!model) {
    const SizelessLock lock;
    return effect();
  }
  model->step({.type = &type, .object = p, .size = static_cast<std::uint32_t>(size)});
  model->self().pending.state = folded(p, size);
  weak_orders.note(mo, INTERLEAVE_CALLER, p);
  if (shadow != nullptr && !shadow->atomic(model->self().id, reinterpret_cast<std::uintptr_t>(p), size, mo, &type != &sized_store_type,
                                           &type != &sized_load_type))
    report_found(*model);
  return effect();
}

void copy(Model& model, void* to, const void* from, std::size_t size) {
  if (model) memory->note_write(to, size);
  std::memcpy(to, from, size);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;


// One that may be part of a loop that waits, and so notes where it is called from, and one that may be part of a longer way round.
// `n`: the registers that it is called with.
#define POLLING_HOOK(bits, result, name, n, parameters)                                                                \
  INTERLEAVE_POLLING_DOOR("__tsan_atomic" #bits "_" #name, "interleave_atomic" #bits "_" #name, n);                    \
  INTERLEAVE_BEHIND_DOOR result interleave_atomic##bits##_##name parameters
#define NOTING_HOOK(bits, result, name, n, parameters)                                                                 \
  INTERLEAVE_NOTING_DOOR("__tsan_atomic" #bits "_" #name, "interleave_atomic" #bits "_" #name, n);                     \
  INTERLEAVE_BEHIND_DOOR result interleave_atomic##bits##_##name parameters

// `n`: the registers that an object, a value and an order are passed in.
#define HOOKS(bits, T, n)                                                                                              \
  POLLING_HOOK(bits, T, load, 2, (const volatile T* p, int mo)) { return load(p, mo); }                                \
  NOTING_HOOK(bits, void, store, n, (volatile T* p, T v, int mo)) { store(p, v, mo); }                                 \
  POLLING_HOOK(bits, T, exchange, n, (volatile T* p, T v, int mo)) {                                                   \
    return modify(exchange_type, p, mo, [=](T) { return v; });                                                         \
  }                                                                                                                    \
  NOTING_HOOK(bits, T, fetch_add, n, (volatile T* p, T v, int mo)) {                                                   \
    return modify(add_type, p, mo, [=](T x) { return x + v; });                                                        \
  }                                                                                                                    \
  NOTING_HOOK(bits, T, fetch_sub, n, (volatile T* p, T v, int mo)) {                                                   \
    return modify(sub_type, p, mo, [=](T x) { return x - v; });                                                        \
  }                                                                                                                    \
  POLLING_HOOK(bits, T, fetch_and, n, (volatile T* p, T v, int mo)) {                                                  \
    return modify(and_type, p, mo, [=](T x) { return x & v; });                                                        \
  }                                                                                                                    \
  POLLING_HOOK(bits, T, fetch_or, n, (volatile T* p, T v, int mo)) {                                                   \
    return modify(or_type, p, mo, [=](T x) { return x | v; });                                                         \
  }                                                                                                                    \
  NOTING_HOOK(bits, T, fetch_xor, n, (volatile T* p, T v, int mo)) {                                                   \
    return modify(xor_type, p, mo, [=](T x) { return x ^ v; });                                                        \
  }                                                                                                                    \
  NOTING_HOOK(bits, T, fetch_nand, n, (volatile T* p, T v, int mo)) {                                                  \
    return modify(nand_type, p, mo, [=](T x) { return ~(x & v); });                                                    \
  }                                                                                                                    \
  POLLING_HOOK(bits, int, compare_exchange_strong, 5, (volatile T* p, T* expected, T v, int mo, int fmo)) {            \
    return compare_exchange(p, expected, v, mo, fmo);                                                                  \
  }                                                                                                                    \
  POLLING_HOOK(bits, int, compare_exchange_weak, 5, (volatile T* p, T* expected, T v, int mo, int fmo)) {              \
    return compare_exchange(p, expected, v, mo, fmo);                                                                  \
  }                                                                                                                    \
  POLLING_HOOK(bits, T, compare_exchange_val, 5, (volatile T* p, T expected, T v, int mo, int fmo)) {                  \
    compare_exchange(p, &expected, v, mo, fmo);                                                                        \
    return expected;                                                                                                   \
  }

#pragma GCC visibility push(default)

extern "C" {

HOOKS(8, std::uint8_t, 3)
HOOKS(16, std::uint16_t, 3)
HOOKS(32, std::uint32_t, 3)
HOOKS(64, std::uint64_t, 3)
HOOKS(128, Wide, 4)

// Under sequential consistency a fence orders nothing that is not ordered already: no step.
void __tsan_atomic_thread_fence(int order) {
  if (mode == Mode::outside) __atomic_thread_fence(__ATOMIC_SEQ_CST);
  const Model model;
  if (model && shadow != nullptr) shadow->fence(model->self().id, order);
}
void __tsan_atomic_signal_fence(int) {}

}  // extern "C"

#pragma GCC visibility pop

// The compiler reserves the names of the library calls; ours get them by their assembler names.
#define LIBRARY(name) __asm__("__atomic_" name) __attribute__((visibility("default")))

extern "C" {
void interleave_atomic_load(std::size_t, const void*, void*, int) LIBRARY("load");
void interleave_atomic_store(std::size_t, void*, const void*, int) LIBRARY("store");
void interleave_atomic_exchange(std::size_t, void*, const void*, void*, int) LIBRARY("exchange");
bool interleave_atomic_compare_exchange(std::size_t, void*, void*, const void*, int, int) LIBRARY("compare_exchange");
bool interleave_atomic_is_lock_free(std::size_t, const void*) LIBRARY("is_lock_free");

void interleave_atomic_load(std::size_t size, const void* p, void* result, int mo) {
  Model model;
  sizeless(model, sized_load_type, p, size, mo, [&] { copy(model, result, p, size); });
}

void interleave_atomic_store(std::size_t size, void* p, const void* value, int mo) {
  Model model;
  sizeless(model, sized_store_type, p, size, mo, [&] { copy(model, p, value, size); });
}

void interleave_atomic_exchange(std::size_t size, void* p, const void* value, void* result, int mo) {
  Model model;
  sizeless(model, sized_exchange_type, p, size, mo, [&] {
    unsigned char before[256];
    if (size > sizeof before) std::abort();
    std::memcpy(before, p, size);
    copy(model, p, value, size);
    copy(model, result, before, size);
  });
}

bool interleave_atomic_compare_exchange(std::size_t size, void* p, void* expected, const void* desired, int mo, int) {
  Model model;
  return sizeless(model, sized_compare_type, p, size, mo, [&] {
    if (model) model->self().pending.second_state = folded(expected, size);
    if (std::memcmp(p, expected, size) == 0) {
      copy(model, p, desired, size);
      return true;
    }
    if (model) model->self().pending.failed = true;
    copy(model, expected, p, size);
    return false;
  });
}

// As libatomic answers on x86-64: what the processor does at once.
bool interleave_atomic_is_lock_free(std::size_t size, const void* p) {
  const bool power_of_two = (size & (size - 1)) == 0 && size != 0;
  return power_of_two && size <= 16 && reinterpret_cast<std::uintptr_t>(p) % size == 0;
}
}
