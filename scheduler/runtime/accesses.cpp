// Plain memory accesses: the __tsan_read*/write* hooks of both compilers (volatile ones: volatiles.cpp). They are choice points only where races are explored.
// Writes outside the executions' own memory are logged, so that they can be taken back; all are shown to the shadow.
#include <utility>

#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/rolled_back.hpp"
#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/races/shared_lines.hpp"
#include "scheduler/runtime/door.hpp"
#include "scheduler/runtime/plain_access.hpp"

namespace interleave::engine {
namespace {

const OperationType read_type{.name = "read", .access = Access::read, .noun = "variable", .does = OperationClass::reads};
const OperationType write_type{.name = "write", .access = Access::write, .noun = "variable", .does = OperationClass::writes};
const OperationType copy_type{.name = "copy", .access = Access::write, .noun = "variable",
                              .does = OperationClass::writes, .does_to_second = OperationClass::reads};

}  // namespace

// Until there is a second thread nobody can come between.
bool plain_step(const void* p, std::size_t size, bool writes) {
  const Model model;
  Thread& me = model->self();
  const bool has_just_read = std::exchange(me.has_just_read, false);
  if (shared_lines->keeps_private(p, size)) return false;
  if (model->threads_created() == 1) return true;
  Operation operation{.type = writes ? &write_type : &read_type, .object = p, .size = static_cast<std::uint32_t>(size)};
  // g++ announces both ends of `a = b`, for a struct, before it copies: then what it reads is read by this step.
  const Operation& before = me.pending;
  if (writes && has_just_read && before.type == &read_type && before.size == size) {
    operation.second_access = Access::read;
    operation.second = before.object;
    operation.second_size = before.size;
  }
  if (writes) {
    model->step(operation);
  } else {
    model->step_between(operation);
    me.has_just_read = true;
  }
  return true;
}

void copy_step(void* to, const void* from, std::size_t size) {
  const bool writes = !shared_lines->keeps_private(to, size);
  if (!writes || shared_lines->keeps_private(from, size)) {
    plain_step(writes ? to : from, size, writes);
    return;
  }
  const Model model;
  if (model->threads_created() == 1) return;
  const auto bytes = static_cast<std::uint32_t>(size);
  model->step({.type = &copy_type, .object = to, .size = bytes, .second_access = Access::read, .second = from, .second_size = bytes});
}

}  // namespace interleave::engine

namespace {

using namespace interleave::engine;

// ---- out of the way of what is most often the case --------------------------------------------------------------------

// With races=explore a race is no failure, so that only accesses to blocks are compared, with the ends of the blocks.
__attribute__((noinline)) void explored(const void* p, std::size_t size, bool writes, bool remembers = false) {
  if (!plain_step(p, size, writes)) {
    if (remembers) repeated_accesses.remember_second(reinterpret_cast<std::uintptr_t>(p), size, writes);
    return;
  }
  if (memory->in_arena(static_cast<const char*>(p) + size - 1)) shown(p, size, writes);
  if (writes) memory->note_write(const_cast<void*>(p), size);
}

__attribute__((noinline)) void unmodelled(void* p, std::size_t size, bool writes) {
  if (mode == Mode::framework && writes) return framework_write(p, size);
  outside_access(p, size, writes);
}

// An access whose size is not in the name of its hook: a range.
void accessed_in_full(void* p, std::size_t size, bool writes) {
  if (mode != Mode::modelled) return unmodelled(p, size, writes);
  if (explores_races) return explored(p, size, writes);
  if (writes) {
    memory->note_write(p, size);
  } else if (shadow == nullptr) {
    return Execution::current->polled(p, size);
  }
  shown(p, size, writes);
}

template <bool writes, bool remembers, std::size_t size>
__attribute__((always_inline)) inline void noted(void* p) {
  if (shadow == nullptr) {
    Execution& run = *Execution::current;
    if (!writes && run.self().polling) return run.note_polled(p, size);
    if constexpr (remembers) repeated_accesses.remember_second(reinterpret_cast<std::uintptr_t>(p), size, writes);
    return;
  }
  plain_access_of<writes, remembers, size>(p);
}

template <bool remembers, std::size_t size>
__attribute__((noinline)) void written_anywhere(void* p) {
  memory->note_write(p, size);
  noted<true, remembers, size>(p);
}

template <bool writes, bool remembers, std::size_t size>
__attribute__((noinline)) void accessed_slowly(void* p) {
  if (explores_races) [[unlikely]] return explored(p, size, writes, remembers);
  if constexpr (writes)
    if (!memory->note_write_quickly(p, size)) return written_anywhere<remembers, size>(p);
  noted<writes, remembers, size>(p);
}

// ---- the hooks of one size --------------------------------------------------------------------------------------------
// In line, once for each, and without a frame: what is called here is called last.

// Whether the address is that of a local of the function that runs or of one not far above: those are what is accessed again and again
// between two steps, so only there it is worth to look. One instruction less than to ask where the stack begins.
__attribute__((always_inline)) inline bool is_near_frame(const void* p) {
  auto above = reinterpret_cast<std::uintptr_t>(p);
  asm("sub %%rsp, %0" : "+r"(above));
  return above < std::size_t{64} << 10;
}

template <std::size_t size>
__attribute__((always_inline)) inline void read(void* p) {
  if (mode != Mode::modelled) {
    if (watches_rolled_back) [[unlikely]] unmodelled(p, size, false);
    return;
  }
  if (is_near_frame(p)) {
    if (!repeated_accesses.contains(reinterpret_cast<std::uintptr_t>(p), size, false)) accessed_slowly<false, true, size>(p);
    return;
  }
  // Where races are no failures, a thread may wait for what others write with nothing to order it.
  if (shadow == nullptr) return Execution::current->polled(p, size);
  if (explores_races) [[unlikely]] return explored(p, size, false);
  plain_access_of<false, false, size>(p);
}

template <std::size_t size>
__attribute__((always_inline)) inline void written(void* p) {
  if (mode != Mode::modelled) {
    if (watches_rolled_back || mode == Mode::framework) [[unlikely]] unmodelled(p, size, true);
    return;
  }
  if (is_near_frame(p)) {
    if (!repeated_accesses.contains(reinterpret_cast<std::uintptr_t>(p), size, true)) accessed_slowly<true, true, size>(p);
    return;
  }
  accessed_slowly<true, false, size>(p);
}

template <std::size_t size>
__attribute__((always_inline)) inline void changed(void* p) {
  if (mode == Mode::outside) {
    if (watches_rolled_back) [[unlikely]] unmodelled(p, size, false);
    return;
  }
  written<size>(p);
}

}  // namespace

#define INTERLEAVE_ACCESS(n)                              \
  void __tsan_read##n(void* p) { read<n>(p); }            \
  void __tsan_unaligned_read##n(void* p) { read<n>(p); }  \
  void __tsan_write##n(void* p) { written<n>(p); }        \
  void __tsan_unaligned_write##n(void* p) { written<n>(p); } \
  void __tsan_read_write##n(void* p) { changed<n>(p); }   \
  void __tsan_unaligned_read_write##n(void* p) { changed<n>(p); }

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_ACCESS(1)
INTERLEAVE_ACCESS(2)
INTERLEAVE_ACCESS(4)
INTERLEAVE_ACCESS(8)
INTERLEAVE_ACCESS(16)

void __tsan_read_range(void* p, std::size_t size) { accessed_in_full(p, size, false); }
void __tsan_write_range(void* p, std::size_t size) { accessed_in_full(p, size, true); }
void __tsan_vptr_read(void** p) { read<sizeof *p>(p); }
void __tsan_vptr_update(void** p, void*) { written<sizeof *p>(p); }
void __tsan_init() {}

void __tsan_func_entry(void*) {
  if (mode != Mode::outside) enter_function(__builtin_return_address(0));
}
void __tsan_func_exit() {
  if (mode != Mode::outside) leave_function();
}

}  // extern "C"

#pragma GCC visibility pop
