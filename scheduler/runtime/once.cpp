// Once-only initialisation: pthread_once (and through it std::call_once) and the guards of function-local statics.
#include <cxxabi.h>
#include <pthread.h>

#include <mutex>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

enum : int { untouched = 0, in_progress = 1, done = 2 };  // the values of a pthread_once_t in the C library

int& state(const void* once) { return *static_cast<int*>(const_cast<void*>(once)); }

const OperationType once_type{
    .name = "once", .access = Access::write, .failed = Access::write, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return state(t.pending.object) != in_progress; },
    .slack = [](const Execution&, const Thread& t) -> std::int64_t { return state(t.pending.object) != in_progress ? 0 : -1; }};
const OperationType once_done_type{.name = "once done", .access = Access::write};

// Two bytes of a guard: "initialised" (fixed by the ABI) and ours, "somebody is at it".
unsigned char* bytes(const void* guard) { return static_cast<unsigned char*>(const_cast<void*>(guard)); }

const OperationType guard_type{
    .name = "static init", .access = Access::write, .failed = Access::write, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return bytes(t.pending.object)[1] == 0; },
    .slack = [](const Execution&, const Thread& t) -> std::int64_t { return bytes(t.pending.object)[1] == 0 ? 0 : -1; }};
const OperationType guard_done_type{.name = "static ready", .access = Access::write};
const OperationType guard_abort_type{.name = "static init failed", .access = Access::write};

// std::call_once hands its callable to pthread_once in two thread-local words of libstdc++; other fibers write them too
// while this one waits for its turn.
class CallOnceWords {
 public:
  CallOnceWords() : callable_(std::__once_callable), call_(std::__once_call) {}
  ~CallOnceWords() {
    std::__once_callable = callable_;
    std::__once_call = call_;
  }

 private:
  void* callable_;
  void (*call_)();
};

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int pthread_once(pthread_once_t* once, void (*init)()) {
  {
    Model model(once);
    if (!model) {
      // What a library that we cannot see into sets up for itself (libstdc++ a key, for set_value_at_thread_exit) is the
      // process's, whichever execution is the first to need it.
      if (mode != Mode::modelled) return REAL(pthread_once)(once, init);
      const EngineScope outside;
      return REAL(pthread_once)(once, init);
    }
    {
      const CallOnceWords words;
      model->step({.type = &once_type, .object = once, .size = sizeof *once});
    }
    acquire(once);
    if (*once == done) {
      model->self().pending.failed = true;
      return 0;
    }
    write(*once, in_progress);
    model->self().pending.effect = -1;
  }
  try {
    init();
  } catch (...) {
    Model model;
    model->step({.type = &once_done_type, .object = once, .size = sizeof *once});
    write(*once, untouched);
    model->self().pending.effect = 1;
    release(once);
    throw;
  }
  Model model;
  model->step({.type = &once_done_type, .object = once, .size = sizeof *once});
  write(*once, done);
  model->self().pending.effect = 1;
  release(once);
  return 0;
}

int __cxa_guard_acquire(__cxxabiv1::__guard* guard) {
  Model model(guard);
  if (!model) return REAL(__cxa_guard_acquire)(guard);
  model->step({.type = &guard_type, .object = guard, .size = 1});
  acquire(guard);
  if (bytes(guard)[0] != 0) {
    model->self().pending.failed = true;
    return 0;
  }
  write(bytes(guard)[1], 1);
  model->self().pending.effect = -1;
  return 1;
}

void __cxa_guard_release(__cxxabiv1::__guard* guard) noexcept {
  Model model(guard);
  if (!model) return REAL(__cxa_guard_release)(guard);
  model->step({.type = &guard_done_type, .object = guard, .size = 1});
  write(bytes(guard)[0], 1);
  write(bytes(guard)[1], 0);
  model->self().pending.effect = 1;
  release(guard);
}

void __cxa_guard_abort(__cxxabiv1::__guard* guard) noexcept {
  Model model(guard);
  if (!model) return REAL(__cxa_guard_abort)(guard);
  model->step({.type = &guard_abort_type, .object = guard, .size = 1});
  write(bytes(guard)[1], 0);
  model->self().pending.effect = 1;
  release(guard);
}

}  // extern "C"

#pragma GCC visibility pop
