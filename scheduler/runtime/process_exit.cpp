// Leaving the process, and what is registered for then.
#include <cassert>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "scheduler/runtime/door.hpp"
#include "scheduler/support/paths.hpp"

using namespace interleave::engine;

namespace {

[[noreturn]] void refuse(const char* name, int status) {
  Execution::current->fail("crash", fmt::format("the program calls {}({}) inside an execution", name, status));
}

}  // namespace

#pragma GCC visibility push(default)

extern "C" {

// A destructor registered by an execution belongs to that execution, whose storage is rolled back as a whole.
int __cxa_atexit(void (*destructor)(void*), void* object, void* module) {
  Model model;
  if (!model) return REAL(__cxa_atexit)(destructor, object, module);
  return 0;
}

// Nobody forks inside an execution. Handlers of one must not run in processes that are forked later.
int __register_atfork(void (*)(), void (*)(), void (*)(), void*);
int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(), void* module) {
  Model model;
  if (!model) return REAL(__register_atfork)(prepare, parent, child, module);
  return 0;
}

// The destructor of a thread_local variable runs when its thread ends.
int __cxa_thread_atexit(void (*destructor)(void*), void* object, void* module) {
  Model model;
  if (!model) return REAL(__cxa_thread_atexit)(destructor, object, module);
  model->self().extras().destructors.push_back({destructor, object});
  return 0;
}

void exit(int status) noexcept {
  Model model;
  if (model) refuse("exit", status);
  REAL(exit)(status);
  __builtin_unreachable();
}

void quick_exit(int status) noexcept {
  Model model;
  if (model) refuse("quick_exit", status);
  REAL(quick_exit)(status);
  __builtin_unreachable();
}

void _exit(int status) {
  Model model;
  if (model) refuse("_exit", status);
  REAL(_exit)(status);
  __builtin_unreachable();
}

void _Exit(int status) noexcept {
  Model model;
  if (model) refuse("_Exit", status);
  REAL(_Exit)(status);
  __builtin_unreachable();
}

void abort() noexcept {
  Model model;
  if (model) Execution::current->fail("crash", "the program calls abort()");
  REAL(abort)();
  __builtin_unreachable();
}

// What assert() calls. Spares the process the message and the reader a search for it.
void __assert_fail(const char* assertion, const char* file, unsigned line, const char* function) noexcept {
  Model model;
  const std::string_view path = file;
  if (model)
    Execution::current->fail("crash", fmt::format("the program aborts: assertion `{}' failed at {}:{}", assertion,
                                                  interleave::base_name(path), line));
  REAL(__assert_fail)(assertion, file, line, function);
  __builtin_unreachable();
}

void __cxa_pure_virtual() {
  Model model;
  if (model) Execution::current->fail("crash", "a pure virtual function is called: of an object not yet constructed, or already destroyed");
  static auto* const real = reinterpret_cast<void (*)()>(next_definition("__cxa_pure_virtual"));
  real();
  __builtin_unreachable();
}

}  // extern "C"

#pragma GCC visibility pop
