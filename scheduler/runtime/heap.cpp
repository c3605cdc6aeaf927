// The heap: malloc and its kin. operator new and delete have doors of their own (new_delete.cpp).
//
// A modelled thread allocates from the executions' arena. What it frees of the world outside is not freed: the rollback
// brings the reference back. Framework code and everybody else use the C library's heap.
#include <link.h>
#include <malloc.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <iterator>

#include <fmt/format.h>

#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/heap.hpp"
#include "scheduler/runtime/door.hpp"

// The C library's own names: looking malloc up would allocate.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void  __libc_free(void*);
}

namespace interleave::engine {
namespace {

// An exception is allocated. Its references are counted by precompiled code, so nothing that we see orders their uses and the end
// of it.
bool for_exception = false;

bool in_arena(const void* p) { return memory != nullptr && memory->in_arena(p); }

// ---- where blocks may be used again -----------------------------------------------------------------------------------
// Which block an allocation gets depends on what was freed before, by whomever. So both are steps then, on one object for all
// blocks of a size, and the block that was freed last is one of two candidates.

char sizes[64];
const void* object_of(std::size_t size) { return &sizes[(size + 15) / 16 % std::size(sizes)]; }

const OperationType allocate_type{
    .name = "malloc", .access = Access::write,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return memory->reusable(t.pending.argument) != nullptr ? 2 : 1; },
    .noun = "size"};
const OperationType free_type{.name = "free", .access = Access::write, .noun = "block"};

// What the C library allocates for itself it may allocate while it holds a lock of its own: nobody may come between.
bool is_c_library(const void* caller) {
  struct Code {
    std::uintptr_t low = 0, high = 0;
  };
  static const Code code = [] {
    Code found;
    dl_iterate_phdr([](dl_phdr_info* module, std::size_t, void* to) {
      for (int i = 0; i < module->dlpi_phnum; ++i) {
        const auto& segment = module->dlpi_phdr[i];
        const Code part{module->dlpi_addr + segment.p_vaddr, module->dlpi_addr + segment.p_vaddr + segment.p_memsz};
        if (segment.p_type != PT_LOAD || reinterpret_cast<std::uintptr_t>(&__libc_malloc) - part.low >= part.high - part.low) continue;
        *static_cast<Code*>(to) = part;
        return 1;
      }
      return 0;
    }, &found);
    return found;
  }();
  return reinterpret_cast<std::uintptr_t>(caller) - code.low < code.high - code.low;
}

// Until there is a second thread nobody can notice.
bool may_step(const void* caller) {
  return !for_exception && Execution::current->threads_created() > 1 && !is_c_library(caller);
}

// ---- where races are explored -----------------------------------------------------------------------------------------
// Freeing a block is a step that depends on every access to it. So is freeing it once more, which another order may put first.
void free_step(const void* p, const void* caller) {
  if ((!reuses_blocks && !explores_races) || !may_step(caller) || !memory->begins_block(p) || memory->exempted(p)) return;
  const Model model;
  const std::size_t size = memory->size_of(p);
  if (reuses_blocks && model->watched()) model->tell_life(p, size);
  Operation operation{.type = &free_type};
  if (explores_races && size > 0) touch_all(operation, p, size);
  if (reuses_blocks) {
    if (operation.second != nullptr) unsupported("free", "of a block of over 4 GiB, where races are explored and blocks are used again");
    operation.second = std::exchange(operation.object, object_of(size));
    operation.second_size = std::exchange(operation.size, 1);
    operation.second_access = operation.second != nullptr ? Access::write : Access::none;
  }
  if (operation.object == nullptr) return;
  model->step(operation);
  // The bytes as they are before this step: they tell whether a failed compare-exchange on them would also fail before it.
  if (explores_races && size <= sizeof operation.state) std::memcpy(reuses_blocks ? &model->self().pending.second_state : &model->self().pending.state, p, size);
}

// ---- what was allocated in one way and is freed in another -----------------------------------------------------------

std::string with_alignment(const char* function, Origin origin) {
  return origin.alignment == 0 ? function : fmt::format("{} for alignment {}", function, std::size_t{1} << origin.alignment);
}

const char* name_of(Origin::Family family) {
  switch (family) {
    case Origin::c: return "malloc";
    case Origin::scalar: return "new";
    case Origin::array: return "new[]";
  }
  return "";
}

bool fits(const void* p, const Release& how) {
  return memory->origin_of(p) == how.origin && (how.size == Release::any || how.size == memory->size_of(p));
}

std::string misfit(const void* p, const Release& how) {
  const Origin origin = memory->origin_of(p);
  if (origin == how.origin) return fmt::format("by {} of {} byte{}", how.function, how.size, how.size == 1 ? "" : "s");
  return fmt::format("by {} what {} allocated", with_alignment(how.function, how.origin), with_alignment(name_of(origin.family), origin));
}

std::string in_binary_units(std::size_t bytes) {
  if (bytes >= std::size_t{1} << 30) return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30));
  return bytes >= std::size_t{1} << 20 ? fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)) : fmt::format("{} bytes", bytes);
}

// Rather than let the machine run out of memory.
void refuse(std::size_t size) {
  const Model model;
  model->fail("unsupported", fmt::format("out of memory: a block of {} is asked for, {} were allocated before, and the heap of one execution holds {}, "
                                         "what was freed included (INTERLEAVE_MEMORY_MB sets another limit)",
                                         in_binary_units(size), in_binary_units(memory->heap_used()), in_binary_units(memory->heap_max())));
}

}  // namespace

void* allocate(std::size_t size, std::size_t alignment, Origin origin, const void* caller) {
  void* p = nullptr;
  if (reuses_blocks && may_step(caller) && alignment <= 16) [[unlikely]] {
    const Model model;
    const bool again = model->step({.type = &allocate_type, .object = object_of(size), .argument = size}) == 1;
    if (again && (p = memory->reusable(size)) != nullptr) {
      memory->reuse(p, size, origin);
      if (shadow != nullptr) shadow->revived(model->self().id, reinterpret_cast<std::uintptr_t>(p), size);
    }
  }
  if (p == nullptr) p = memory->allocate(size, alignment, origin);
  if (p == nullptr) [[unlikely]] {
    if (size <= memory->arena_size()) refuse(size);
    errno = ENOMEM;  // no machine has so much
  } else if (shadow != nullptr) {
    const EngineScope engine;
    shadow->allocated(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(p), size);
    if (for_exception) memory->exempt(p);
  }
  return p;
}

// The block was announced to be freed, if that is a step. REQUIRES: memory->contains(p).
__attribute__((always_inline)) inline void release_now(void* p, const Release& how) {
  const Memory::Release result = memory->release(p);
  if (shadow == nullptr || result == Memory::Release::earlier) return;
  const Model model;
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  const std::uint32_t thread = model->self().id;
  if (result == Memory::Release::done && !memory->exempted(p) && !fits(p, how) &&
      !shadow->freed_wrongly(thread, address, "mismatched-free", misfit(p, how))) {
    report_found(*model);
  } else if (result == Memory::Release::done) {
    if (!shadow->freed(thread, address, memory->size_of(p), !memory->exempted(p))) report_found(*model);
    if (reuses_blocks) shadow->release(thread, address, false);
  } else if (!shadow->freed_wrongly(thread, address, result == Memory::Release::again ? "double-free" : "invalid-free")) {
    report_found(*model);
  }
}

void release(void* p, const Release& how) {
  if (!memory->contains(p)) return;
  if (reuses_blocks || explores_races) [[unlikely]] free_step(p, how.caller);
  release_now(p, how);
}

}  // namespace interleave::engine

using namespace interleave::engine;

namespace {

void free_by(const char* function, void* p, const void* caller) {
  if (p == nullptr) return;
  if (mode == Mode::modelled) return release(p, {.function = function, .caller = caller});
  if (in_arena(p)) {
    memory->release(p);
    return;
  }
  if (mode == Mode::framework) return framework_free(p);
  __libc_free(p);
}

bool power_of_two(std::size_t n) { return n != 0 && (n & (n - 1)) == 0; }

}  // namespace

#pragma GCC visibility push(default)

extern "C" {

void* malloc(std::size_t size) {
  if (mode == Mode::modelled) return allocate(size, 16, {}, __builtin_return_address(0));
  return __libc_malloc(size);
}

void* calloc(std::size_t n, std::size_t size) {
  if (mode != Mode::modelled) return __libc_calloc(n, size);
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(n, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  void* p = allocate(bytes, 16, {}, __builtin_return_address(0));
  if (p != nullptr) std::memset(p, 0, bytes);
  return p;
}

void free(void* p) { free_by("free", p, __builtin_return_address(0)); }

void* realloc(void* p, std::size_t size) {
  if (p == nullptr) return malloc(size);
  const bool ours = in_arena(p);
  if (!ours && mode == Mode::outside) return __libc_realloc(p, size);
  if (size == 0) {
    free_by("realloc", p, __builtin_return_address(0));
    return nullptr;
  }
  void* moved = malloc(size);
  if (moved == nullptr) return nullptr;
  const bool modelled = ours && mode == Mode::modelled;
  if (modelled && (reuses_blocks || explores_races)) [[unlikely]] free_step(p, __builtin_return_address(0));
  const std::size_t before = ours ? memory->size_of(p) : malloc_usable_size(p);
  if (modelled && explores_races) {
    const Model model;  // a part of that step, which depends on all that is done to the block
    std::memcpy(moved, p, before < size ? before : size);
  } else {
    std::memcpy(moved, p, before < size ? before : size);
  }
  if (modelled) {
    release_now(p, {.function = "realloc", .caller = __builtin_return_address(0)});
  } else {
    free_by("realloc", p, __builtin_return_address(0));
  }
  return moved;
}

void* memalign(std::size_t alignment, std::size_t size) {
  if (mode == Mode::modelled) return allocate(size, alignment, {}, __builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  if (!power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  void* p = memalign(alignment, size);
  if (p == nullptr) return ENOMEM;
  if (mode == Mode::modelled) memory->note_write(result, sizeof *result);
  *result = p;
  return 0;
}

void* valloc(std::size_t size) { return memalign(4096, size); }
void* pvalloc(std::size_t size) { return memalign(4096, (size + 4095) & ~std::size_t{4095}); }

void* reallocarray(void* p, std::size_t n, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(n, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return realloc(p, bytes);
}

void* __cxa_allocate_exception(std::size_t size) noexcept {
  if (mode != Mode::modelled) return REAL(__cxa_allocate_exception)(size);
  for_exception = true;
  void* p = REAL(__cxa_allocate_exception)(size);
  for_exception = false;
  return p;
}

std::size_t malloc_usable_size(void* p) {
  if (p == nullptr) return 0;
  if (in_arena(p)) return memory->size_of(p);
  return REAL(malloc_usable_size)(p);
}

}  // extern "C"

#pragma GCC visibility pop
