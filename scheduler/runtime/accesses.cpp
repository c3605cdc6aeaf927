// Plain memory accesses: the __tsan_read*/write* hooks of both compilers. They are not choice points. Writes outside the
// executions' own memory are logged, so that they can be taken back; all are shown to the race detector.
#include <interleave/scheduler/execution.hpp>
#include <interleave/scheduler/framework_code.hpp>
#include <interleave/scheduler/memory.hpp>
#include <interleave/scheduler/mode.hpp>
#include <interleave/scheduler/races.hpp>

namespace {

using namespace interleave::engine;

inline void accessed(const void* p, std::size_t size, bool writes) {
  Races* const detector = races;
  if (detector != nullptr && !detector->access_again(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(p), size, writes))
    plain_access(p, size, writes);
}

inline void written(void* p, std::size_t size) {
  if (mode == Mode::modelled) {
    accessed(p, size, true);
    memory->note_write(p, size);
  } else if (mode == Mode::framework) [[unlikely]] {
    framework_write(p, size);
  }
}

inline void read(const void* p, std::size_t size) {
  if (mode == Mode::modelled) accessed(p, size, false);
}

}  // namespace

#define INTERLEAVE_ACCESS(n)                              \
  void __tsan_read##n(void* p) { read(p, n); }            \
  void __tsan_unaligned_read##n(void* p) { read(p, n); }  \
  void __tsan_write##n(void* p) { written(p, n); }        \
  void __tsan_unaligned_write##n(void* p) { written(p, n); } \
  void __tsan_read_write##n(void* p) { written(p, n); }   \
  void __tsan_unaligned_read_write##n(void* p) { written(p, n); } \
  void __tsan_volatile_read##n(void* p) { read(p, n); }   \
  void __tsan_unaligned_volatile_read##n(void* p) { read(p, n); } \
  void __tsan_volatile_write##n(void* p) { written(p, n); } \
  void __tsan_unaligned_volatile_write##n(void* p) { written(p, n); }

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
