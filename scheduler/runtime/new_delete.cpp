// operator new and delete in all their forms. Each block remembers the form that allocated it, so that one that is freed by another
// one is found: new[] and delete, malloc and delete, new and free, a size or an alignment that is not that of the block.
//
// Precompiled libraries call operator new and delete through the dynamic linker, as the standard wants it (a program may replace
// them), so they come here, too: what a library allocates the program may free, and the other way round. A program that replaces any
// of these functions itself decides what fits what; all of them are then what they would be without us.
#include <dlfcn.h>

#include <bit>
#include <new>
#include <utility>

#include "scheduler/memory/heap.hpp"
#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

const char here = 0;  // an address in this library

bool is_ours(const char* symbol) {
  Dl_info found, ours;
  const void* definition = dlsym(RTLD_DEFAULT, symbol);
  return definition != nullptr && dladdr(definition, &found) != 0 && dladdr(&here, &ours) != 0 && found.dli_fbase == ours.dli_fbase;
}

// Whether all that the program calls by these names is in this file.
bool find_ours() {
  for (const char* symbol :
       {"_Znwm", "_Znam", "_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t", "_ZnwmSt11align_val_t", "_ZnamSt11align_val_t",
        "_ZnwmSt11align_val_tRKSt9nothrow_t", "_ZnamSt11align_val_tRKSt9nothrow_t", "_ZdlPv", "_ZdaPv", "_ZdlPvm", "_ZdaPvm",
        "_ZdlPvRKSt9nothrow_t", "_ZdaPvRKSt9nothrow_t", "_ZdlPvSt11align_val_t", "_ZdaPvSt11align_val_t", "_ZdlPvmSt11align_val_t",
        "_ZdaPvmSt11align_val_t", "_ZdlPvSt11align_val_tRKSt9nothrow_t", "_ZdaPvSt11align_val_tRKSt9nothrow_t"})
    if (!is_ours(symbol)) return false;
  return true;
}

// Every allocation asks: plain flags, where a local static would have a guard. Only the thread that explores comes here.
bool ours_sought = false, ours_found = false;
inline bool all_ours() {
  if (!ours_found && !std::exchange(ours_sought, true)) ours_found = find_ours();
  return ours_found;
}

constexpr Origin scalar{Origin::scalar}, array{Origin::array};

Origin aligned(Origin origin, std::align_val_t alignment) {
  origin.alignment = static_cast<std::uint8_t>(std::countr_zero(static_cast<std::size_t>(alignment)));
  return origin;
}

bool makes_sense(std::align_val_t alignment) { return std::has_single_bit(static_cast<std::size_t>(alignment)); }

// Null: the real function is to do it, or to fail.
__attribute__((always_inline)) inline void* made(std::size_t size, Origin origin, const void* caller) {
  return mode == Mode::modelled && all_ours() ? allocate(size, 16, origin, caller) : nullptr;
}
void* made(std::size_t size, Origin origin, std::align_val_t alignment, const void* caller) {
  if (mode != Mode::modelled || !makes_sense(alignment) || !all_ours()) return nullptr;
  return allocate(size, static_cast<std::size_t>(alignment), aligned(origin, alignment), caller);
}

// False: the real function is to do it.
__attribute__((always_inline)) inline bool freed(void* p, const Release& how) {
  if (mode != Mode::modelled || !all_ours()) return false;
  if (p != nullptr) release(p, how);
  return true;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

// By the mangled name: as an operator it has many.
#define REAL_OPERATOR(symbol, ...)                                                           \
  ([] {                                                                                      \
    static void* found = nullptr;                                                            \
    if (found == nullptr) found = next_definition(#symbol);                                  \
    return reinterpret_cast<__VA_ARGS__>(found);                                             \
  }())
#define CALLER __builtin_return_address(0)

using Size = std::size_t;
using Alignment = std::align_val_t;
using Nothrow = const std::nothrow_t&;

#pragma GCC visibility push(default)

void* operator new(Size size) {
  if (void* p = made(size, scalar, CALLER)) return p;
  return REAL_OPERATOR(_Znwm, void* (*)(Size))(size);
}
void* operator new[](Size size) {
  if (void* p = made(size, array, CALLER)) return p;
  return REAL_OPERATOR(_Znam, void* (*)(Size))(size);
}
void* operator new(Size size, Nothrow tag) noexcept {
  if (void* p = made(size, scalar, CALLER)) return p;
  return REAL_OPERATOR(_ZnwmRKSt9nothrow_t, void* (*)(Size, Nothrow))(size, tag);
}
void* operator new[](Size size, Nothrow tag) noexcept {
  if (void* p = made(size, array, CALLER)) return p;
  return REAL_OPERATOR(_ZnamRKSt9nothrow_t, void* (*)(Size, Nothrow))(size, tag);
}
void* operator new(Size size, Alignment alignment) {
  if (void* p = made(size, scalar, alignment, CALLER)) return p;
  return REAL_OPERATOR(_ZnwmSt11align_val_t, void* (*)(Size, Alignment))(size, alignment);
}
void* operator new[](Size size, Alignment alignment) {
  if (void* p = made(size, array, alignment, CALLER)) return p;
  return REAL_OPERATOR(_ZnamSt11align_val_t, void* (*)(Size, Alignment))(size, alignment);
}
void* operator new(Size size, Alignment alignment, Nothrow tag) noexcept {
  if (void* p = made(size, scalar, alignment, CALLER)) return p;
  return REAL_OPERATOR(_ZnwmSt11align_val_tRKSt9nothrow_t, void* (*)(Size, Alignment, Nothrow))(size, alignment, tag);
}
void* operator new[](Size size, Alignment alignment, Nothrow tag) noexcept {
  if (void* p = made(size, array, alignment, CALLER)) return p;
  return REAL_OPERATOR(_ZnamSt11align_val_tRKSt9nothrow_t, void* (*)(Size, Alignment, Nothrow))(size, alignment, tag);
}

void operator delete(void* p) noexcept {
  if (!freed(p, {.function = "delete", .origin = scalar, .caller = CALLER})) REAL_OPERATOR(_ZdlPv, void (*)(void*))(p);
}
void operator delete[](void* p) noexcept {
  if (!freed(p, {.function = "delete[]", .origin = array, .caller = CALLER})) REAL_OPERATOR(_ZdaPv, void (*)(void*))(p);
}
void operator delete(void* p, Size size) noexcept {
  if (!freed(p, {.function = "delete", .origin = scalar, .size = size, .caller = CALLER}))
    REAL_OPERATOR(_ZdlPvm, void (*)(void*, Size))(p, size);
}
void operator delete[](void* p, Size size) noexcept {
  if (!freed(p, {.function = "delete[]", .origin = array, .size = size, .caller = CALLER}))
    REAL_OPERATOR(_ZdaPvm, void (*)(void*, Size))(p, size);
}
void operator delete(void* p, Nothrow tag) noexcept {
  if (!freed(p, {.function = "delete", .origin = scalar, .caller = CALLER}))
    REAL_OPERATOR(_ZdlPvRKSt9nothrow_t, void (*)(void*, Nothrow))(p, tag);
}
void operator delete[](void* p, Nothrow tag) noexcept {
  if (!freed(p, {.function = "delete[]", .origin = array, .caller = CALLER}))
    REAL_OPERATOR(_ZdaPvRKSt9nothrow_t, void (*)(void*, Nothrow))(p, tag);
}
void operator delete(void* p, Alignment alignment) noexcept {
  if (!freed(p, {.function = "delete", .origin = aligned(scalar, alignment), .caller = CALLER}))
    REAL_OPERATOR(_ZdlPvSt11align_val_t, void (*)(void*, Alignment))(p, alignment);
}
void operator delete[](void* p, Alignment alignment) noexcept {
  if (!freed(p, {.function = "delete[]", .origin = aligned(array, alignment), .caller = CALLER}))
    REAL_OPERATOR(_ZdaPvSt11align_val_t, void (*)(void*, Alignment))(p, alignment);
}
void operator delete(void* p, Size size, Alignment alignment) noexcept {
  if (!freed(p, {.function = "delete", .origin = aligned(scalar, alignment), .size = size, .caller = CALLER}))
    REAL_OPERATOR(_ZdlPvmSt11align_val_t, void (*)(void*, Size, Alignment))(p, size, alignment);
}
void operator delete[](void* p, Size size, Alignment alignment) noexcept {
  if (!freed(p, {.function = "delete[]", .origin = aligned(array, alignment), .size = size, .caller = CALLER}))
    REAL_OPERATOR(_ZdaPvmSt11align_val_t, void (*)(void*, Size, Alignment))(p, size, alignment);
}
void operator delete(void* p, Alignment alignment, Nothrow tag) noexcept {
  if (!freed(p, {.function = "delete", .origin = aligned(scalar, alignment), .caller = CALLER}))
    REAL_OPERATOR(_ZdlPvSt11align_val_tRKSt9nothrow_t, void (*)(void*, Alignment, Nothrow))(p, alignment, tag);
}
void operator delete[](void* p, Alignment alignment, Nothrow tag) noexcept {
  if (!freed(p, {.function = "delete[]", .origin = aligned(array, alignment), .caller = CALLER}))
    REAL_OPERATOR(_ZdaPvSt11align_val_tRKSt9nothrow_t, void (*)(void*, Alignment, Nothrow))(p, alignment, tag);
}

#pragma GCC visibility pop
