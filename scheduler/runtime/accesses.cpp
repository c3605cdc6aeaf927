// Plain memory accesses: the __tsan_read*/write* hooks of both compilers (volatile ones: volatiles.cpp). They are choice points only where races are explored.
// Writes outside the executions' own memory are logged, so that they can be taken back; all are shown to the shadow.
#include <interleave/scheduler/door.hpp>
#include <interleave/scheduler/framework_code.hpp>
#include <interleave/scheduler/repeated_accesses.hpp>
#include <interleave/scheduler/rolled_back.hpp>

namespace interleave::engine {
namespace {

const OperationType read_type{.name = "read", .access = Access::read, .noun = "variable"};
const OperationType write_type{.name = "write", .access = Access::write, .noun = "variable"};
const OperationType copy_type{.name = "copy", .access = Access::write, .noun = "variable"};

}  // namespace

// Until there is a second thread nobody can come between.
void plain_step(const void* p, std::size_t size, bool writes) {
  const Model model;
  if (model->threads_created() == 1) return;
  Operation operation{.type = writes ? &write_type : &read_type, .object = p, .size = static_cast<std::uint32_t>(size)};
  // g++ announces both ends of `a = b`, for a struct, before it copies: then what it reads is read by this step.
  const Operation& before = model->self().pending;
  if (writes && before.type == &read_type && before.size == size) {
    operation.second_access = Access::read;
    operation.second = before.object;
    operation.second_size = before.size;
  }
  model->step(operation);
}

void copy_step(void* to, const void* from, std::size_t size) {
  const Model model;
  if (model->threads_created() == 1) return;
  const auto bytes = static_cast<std::uint32_t>(size);
  model->step({.type = &copy_type, .object = to, .size = bytes, .second_access = Access::read, .second = from, .second_size = bytes});
}

}  // namespace interleave::engine

namespace {

using namespace interleave::engine;

// Where races are explored; out of the way of the others.
__attribute__((noinline)) void explored(const void* p, std::size_t size, bool writes) {
  accessed(p, size, writes);
  if (writes) memory->note_write(const_cast<void*>(p), size);
}

// What the hooks of one size are for, of all that is known of an access.
inline bool repeated(const void* p, std::size_t size, bool writes) {
  return size <= 16 && repeated_accesses.contains(reinterpret_cast<std::uintptr_t>(p), size, writes);
}
template <bool writes>
void shown_by_hook(const void* p, std::size_t size) {
  if (shadow == nullptr) return;
  plain_access<writes, true>(p, size, Shadow::mask_of(size));
}

// In line, once for every size, and without a frame: what is called here is called last.
__attribute__((always_inline)) inline void read(const void* p, std::size_t size) {
  if (mode != Mode::modelled) return outside_access(p, size, false);
  if (repeated(p, size, false)) return;
  if (explores_races) [[unlikely]] return explored(p, size, false);
  // Where races are no failures, a thread may wait for what others write with nothing to order it.
  if (shadow == nullptr) return Execution::current->polled(p, size);
  shown_by_hook<false>(p, size);
}

__attribute__((always_inline)) inline void written(void* p, std::size_t size) {
  if (mode != Mode::modelled) {
    if (mode == Mode::framework) [[unlikely]] return framework_write(p, size);
    return outside_access(p, size, true);
  }
  if (repeated(p, size, true)) return;
  if (explores_races) [[unlikely]] return explored(p, size, true);
  memory->note_write(p, size);
  shown_by_hook<true>(p, size);
}

__attribute__((always_inline)) inline void changed(void* p, std::size_t size) {
  if (mode == Mode::outside) return outside_access(p, size, false);
  written(p, size);
}

}  // namespace

#define INTERLEAVE_ACCESS(n)                              \
  void __tsan_read##n(void* p) { read(p, n); }            \
  void __tsan_unaligned_read##n(void* p) { read(p, n); }  \
  void __tsan_write##n(void* p) { written(p, n); }        \
  void __tsan_unaligned_write##n(void* p) { written(p, n); } \
  void __tsan_read_write##n(void* p) { changed(p, n); }   \
  void __tsan_unaligned_read_write##n(void* p) { changed(p, n); }

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_ACCESS(1)
INTERLEAVE_ACCESS(2)
INTERLEAVE_ACCESS(4)
INTERLEAVE_ACCESS(8)
INTERLEAVE_ACCESS(16)

void __tsan_read_range(void* p, std::size_t size) { read(p, size); }
void __tsan_write_range(void* p, std::size_t size) { written(p, size); }
void __tsan_vptr_read(void** p) { read(p, sizeof *p); }
void __tsan_vptr_update(void** p, void*) { written(p, sizeof *p); }
void __tsan_init() {}

void __tsan_func_entry(void*) {
  if (mode != Mode::outside) enter_function(__builtin_return_address(0));
}
void __tsan_func_exit() {
  if (mode != Mode::outside) leave_function();
}

}  // extern "C"

#pragma GCC visibility pop
