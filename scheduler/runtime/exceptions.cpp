// References to exceptions. libstdc++ counts them out of sight; its counting is what orders every use of an exception before its end:
// who gives up a reference has done with it, and whoever gives up the last one destroys it.
#include <cxxabi.h>

#include <exception>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

void give_up(Execution& run, const void* exception) {
  if (shadow == nullptr || exception == nullptr) return;
  const auto object = reinterpret_cast<std::uintptr_t>(exception);
  shadow->release(run.self().id, object, true);
  shadow->acquire(run.self().id, object);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

// The exception that is being handled; its destructor may be the program's.
void __cxa_end_catch() {
  if (const Model model; model && shadow != nullptr) {
    const std::exception_ptr handled = std::current_exception();
    static_assert(sizeof handled == sizeof(void*));  // it is the address of the exception
    give_up(*model, *reinterpret_cast<void* const*>(&handled));
  }
  REAL(__cxa_end_catch)();
}

// std::exception_ptr::_M_release
void _ZNSt15__exception_ptr13exception_ptr10_M_releaseEv(void** pointer) noexcept {
  if (const Model model; model) give_up(*model, *pointer);
  REAL(_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv)(pointer);
}

}  // extern "C"

#pragma GCC visibility pop
