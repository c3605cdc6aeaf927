// What is left of ThreadSanitizer's interface (annotations: annotations.cpp, annotated_mutex.cpp, program_fibers.cpp): hooks that newer
// compilers and other front ends call, and questions to the sanitizers' common runtime. A program links with the same objects here
// and there. Functions that a program may define for the runtime to call (__tsan_on_report, ...) are not called, but for
// __tsan_default_suppressions (suppressions.cpp).
#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scheduler/explain/recorder.hpp"
#include "scheduler/memory/stack_walk.hpp"
#include "scheduler/runtime/door.hpp"
#include "scheduler/symbols/stack_text.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {
namespace {

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// As much of the text as there is room for.
[[maybe_unused]] void put(std::string_view text, char* to, std::size_t size) {
  if (size == 0) return;
  const std::size_t n = std::min(text.size(), size - 1);
  std::memcpy(to, text.data(), n);
  to[n] = '\0';
}

// %p address, %F and %f function, %s file, %l line, %S and %L place, %m module.
std::string formatted(const char* format, const void* address) {
  Symbols symbols;
  const Frame& frame = symbols.frames(address).front();
  Dl_info module{};
  dladdr(address, &module);
  std::string text;
  for (const char* p = format; *p != '\0'; ++p) {
    if (*p != '%' || p[1] == '\0') {
      text += *p;
      continue;
    }
    switch (*++p) {
      case 'p': text += fmt::format("{}", address); break;
      case 'F': text += fmt::format("in {}", frame.function.empty() ? "??" : frame.function); break;
      case 'f': text += frame.function; break;
      case 's': text += frame.file; break;
      case 'l': text += fmt::format("{}", frame.line); break;
      case 'S':
      case 'L': text += place(frame); break;
      case 'm': text += module.dli_fname != nullptr ? module.dli_fname : ""; break;
      case '%': text += '%'; break;
      default: text += {'%', *p};
    }
  }
  return text;
}

[[maybe_unused]] char report_path[4096] = "stderr";

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

// ---- hooks ----

#define INTERLEAVE_ACCESS_FROM(n)                                   \
  void __tsan_read##n(void* p);                                     \
  void __tsan_write##n(void* p);                                    \
  void __tsan_read##n##_pc(void* p, void*) { __tsan_read##n(p); }   \
  void __tsan_write##n##_pc(void* p, void*) { __tsan_write##n(p); }
INTERLEAVE_ACCESS_FROM(1)
INTERLEAVE_ACCESS_FROM(2)
INTERLEAVE_ACCESS_FROM(4)
INTERLEAVE_ACCESS_FROM(8)
INTERLEAVE_ACCESS_FROM(16)
void __tsan_read_range(void* p, std::size_t size);
void __tsan_write_range(void* p, std::size_t size);
void __tsan_read_range_pc(void* p, std::size_t size, void*) { __tsan_read_range(p, size); }
void __tsan_write_range_pc(void* p, std::size_t size, void*) { __tsan_write_range(p, size); }

// Accesses to objects of a library that announces them itself.
void* __tsan_external_register_tag(const char* type) { return const_cast<char*>(type); }
void __tsan_external_register_header(void*, const char*) {}
void __tsan_external_assign_tag(void*, void*) {}
void __tsan_external_read(void* p, void*, void*) { __tsan_read1(p); }
void __tsan_external_write(void* p, void*, void*) { __tsan_write1(p); }

// ---- accesses of words that lie at any address ----
#define INTERLEAVE_UNALIGNED(bits, bytes)                                   \
  std::uint##bits##_t __sanitizer_unaligned_load##bits(const void* p) {     \
    __tsan_read_range(const_cast<void*>(p), bytes);                         \
    std::uint##bits##_t value;                                              \
    __builtin_memcpy(&value, p, sizeof value);                              \
    return value;                                                           \
  }                                                                         \
  void __sanitizer_unaligned_store##bits(void* p, std::uint##bits##_t value) { \
    __tsan_write_range(p, bytes);                                           \
    __builtin_memcpy(p, &value, sizeof value);                              \
  }
INTERLEAVE_UNALIGNED(16, 2)
INTERLEAVE_UNALIGNED(32, 4)
INTERLEAVE_UNALIGNED(64, 8)

// ---- reports: what was found is in the Report that explore returns; nobody asks while one is printed ----
void __tsan_flush_memory() {}
void* __tsan_get_current_report() { return nullptr; }
int __tsan_get_report_data(void*, const char**, int*, int*, int*, int*, int*, int*, int*, void**, unsigned long) { return 0; }
int __tsan_get_report_tag(void*, unsigned long*) { return 0; }
int __tsan_get_report_stack(void*, unsigned long, void**, unsigned long) { return 0; }
int __tsan_get_report_mop(void*, unsigned long, int*, void**, int*, int*, int*, void**, unsigned long) { return 0; }
int __tsan_get_report_loc(void*, unsigned long, const char**, void**, unsigned long*, unsigned long*, int*, int*, int*, void**, unsigned long) {
  return 0;
}
int __tsan_get_report_loc_object_type(void*, unsigned long, const char**) { return 0; }
int __tsan_get_report_mutex(void*, unsigned long, unsigned long*, void**, int*, void**, unsigned long) { return 0; }
int __tsan_get_report_thread(void*, unsigned long, int*, unsigned long*, int*, const char**, int*, void**, unsigned long) { return 0; }
int __tsan_get_report_unique_tid(void*, unsigned long, int*) { return 0; }

#if !INTERLEAVE_SANITIZED  // AddressSanitizer has these, and calls them before the engine is loaded
// TSan calls the callback when it ends the process; the engine does not.
void __sanitizer_set_death_callback(void (*)()) {}
// The first caller may write the report of a crash, and no other.
int __sanitizer_acquire_crash_state() {
  static bool acquired = false;
  return !std::exchange(acquired, true);
}
void __sanitizer_set_report_fd(void*) {}
void __sanitizer_set_report_path(const char* path) {
  const EngineScope engine;
  put(path != nullptr ? path : "stderr", report_path, sizeof report_path);
}
const char* __sanitizer_get_report_path() { return report_path; }
// By another name here: compilers' headers declare it with a type of their own.
void sandbox_on_notify(void*) asm("__sanitizer_sandbox_on_notify");
void sandbox_on_notify(void*) {}
void __sanitizer_report_error_summary(const char* summary) {
  const EngineScope engine;
  print(fmt::format("SUMMARY: {}\n", summary));
}
#endif

// ---- where code is ----
void __sanitizer_print_stack_trace() {
  const EngineScope engine;
  interleave::Symbols symbols;
  std::string text;
  std::size_t number = 0;
  for (const void* address : stack_here()) text += fmt::format("    #{} {}\n", number++, interleave::stack_text(symbols, {&address, 1}, 1));
  print(text + "\n");
}
void __sanitizer_symbolize_pc(void* address, const char* format, char* out, std::size_t size) {
  const EngineScope engine;
  put(formatted(format, address), out, size);
}
void __sanitizer_symbolize_global(void* address, const char*, char* out, std::size_t size) {
  const EngineScope engine;
  put(interleave::Symbols().object_name(address), out, size);
}
int __sanitizer_get_module_and_offset_for_pc(void* address, char* path, std::size_t size, void** offset) {
  const EngineScope engine;
  Dl_info module{};
  if (dladdr(address, &module) == 0 || module.dli_fname == nullptr) return 0;
  put(module.dli_fname, path, size);
  *offset = reinterpret_cast<void*>(static_cast<char*>(address) - static_cast<char*>(module.dli_fbase));
  return 1;
}

// ---- the heap ----
std::size_t __sanitizer_get_estimated_allocated_size(std::size_t size) { return size; }
std::size_t __sanitizer_get_allocated_size(const void* p) { return p == nullptr ? 0 : malloc_usable_size(const_cast<void*>(p)); }
// A block from outside of the arena counts as owned: only the program knows whether it was freed.
int __sanitizer_get_ownership(const void* p) {
  const EngineScope engine;
  return memory != nullptr && memory->in_arena(p) ? memory->is_live(p) : p != nullptr;
}
std::size_t __sanitizer_get_current_allocated_bytes() {
  const EngineScope engine;
  return mallinfo2().uordblks;
}
std::size_t __sanitizer_get_heap_size() {
  const EngineScope engine;
  return mallinfo2().arena;
}
std::size_t __sanitizer_get_free_bytes() {
  const EngineScope engine;
  return mallinfo2().fordblks;
}
std::size_t __sanitizer_get_unmapped_bytes() { return 0; }
// 0: not installed, as in ThreadSanitizer when it has no room for further hooks.
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t), void (*)(const volatile void*)) { return 0; }

}  // extern "C"

#pragma GCC visibility pop
