// Threads: pthread_create and its kin, and through them std::thread, std::jthread, std::async.
//
// A modelled thread's pthread_t is the same in every process and in all equivalent executions, and never 0. A new thread runs to its
// first announcement within the step that creates it.
#include <pthread.h>
#include <unwind.h>

#include <algorithm>
#include <cstring>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {

const char waking = 0;

namespace {

const Thread& target(const Execution& run, const Thread& thread) { return run.thread(thread.pending.argument); }
const Thread* blocking_target(const Execution& run, const Thread& thread) { return &target(run, thread); }

const OperationType create_type{.name = "thread create", .does = OperationClass::starts};
const OperationType join_type{
    .name = "thread join", .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return target(run, t).finished; },
    .blocker = &blocking_target, .does = OperationClass::joins};
const OperationType timed_join_type{
    .name = "thread timed join", .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t {
      return target(run, t).finished || run.time().due(t);
    },
    .asks_for_end = true, .blocker = &blocking_target, .does = OperationClass::joins, .tries = true};
const OperationType try_join_type{.name = "thread try_join", .asks_for_end = true, .does = OperationClass::joins, .tries = true};

// Whether `thread` may be joined by the caller: 0 or an error.
int joinable(Execution& run, const Thread* thread) {
  if (thread == nullptr || thread->joined) return ESRCH;
  if (thread->daemon) return EINVAL;
  if (thread == &run.self()) return EDEADLK;
  return 0;
}

int collect(Execution& run, Thread& thread, void** result) {
  thread.joined = true;
  VirtualTime::pass_on(thread, run.self());
  joined(thread);
  if (result != nullptr) hand_over(*result, thread.result);
  return 0;
}

int join(Execution& run, pthread_t h, void** result) {
  Thread* thread = run.known_by(h);
  if (const int error = joinable(run, thread)) return error;
  run.step({.type = &join_type, .argument = thread->id});
  run.ordered(*thread, run.self());
  return collect(run, *thread, result);
}

int timed_join(Execution& run, pthread_t h, void** result, std::uint64_t deadline) {
  Thread* thread = run.known_by(h);
  if (const int error = joinable(run, thread)) return error;
  const Timed timed(run.self(), deadline);
  run.step({.type = &timed_join_type, .second_access = Access::read, .second = &waking, .argument = thread->id});
  if (thread->finished) return collect(run, *thread, result);
  run.self().pending.failed = true;
  run.time().pass_until(run.self(), deadline);
  return ETIMEDOUT;
}

_Unwind_Reason_Code go_on(int, _Unwind_Action actions, _Unwind_Exception_Class, _Unwind_Exception*, _Unwind_Context*, void*) {
  if ((actions & _UA_END_OF_STACK) != 0) std::abort();
  return _URC_NO_REASON;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int pthread_create(pthread_t* result, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  Model model;
  if (!model) return REAL(pthread_create)(result, attributes, start, argument);
  int detach = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) pthread_attr_getdetachstate(attributes, &detach);
  model->step({.type = &create_type});
  // The child may read *result before we return, so the handle is there first.
  memory->note_write(result, sizeof *result);
  *result = model->self().next_handle();
  Thread* thread = model->spawn(start, argument, nullptr);
  if (thread == nullptr) model->fail("unsupported", model->too_many_threads());
  if (detach == PTHREAD_CREATE_DETACHED) thread->daemon = true;
  return 0;
}

int pthread_join(pthread_t h, void** result) {
  Model model;
  if (!model) return REAL(pthread_join)(h, result);
  return join(*model, h, result);
}

int pthread_tryjoin_np(pthread_t h, void** result) noexcept {
  Model model;
  if (!model) return REAL(pthread_tryjoin_np)(h, result);
  Thread* thread = model->known_by(h);
  if (const int error = joinable(*model, thread)) return error;
  model->step({.type = &try_join_type, .second_access = Access::read, .second = &waking, .argument = thread->id});
  if (thread->finished) return collect(*model, *thread, result);
  model->self().pending.failed = true;
  return EBUSY;
}

int pthread_timedjoin_np(pthread_t h, void** result, const timespec* absolute) {
  Model model;
  if (!model) return REAL(pthread_timedjoin_np)(h, result, absolute);
  if (!valid(*absolute)) return EINVAL;
  return timed_join(*model, h, result, virtual_deadline(*absolute, CLOCK_REALTIME));
}

int pthread_clockjoin_np(pthread_t h, void** result, clockid_t clock, const timespec* absolute) {
  Model model;
  if (!model) return REAL(pthread_clockjoin_np)(h, result, clock, absolute);
  if (!valid(*absolute)) return EINVAL;
  return timed_join(*model, h, result, virtual_deadline(*absolute, clock));
}

// Nobody else can see whether a thread is detached: no step.
int pthread_detach(pthread_t h) noexcept {
  Model model;
  if (!model) return REAL(pthread_detach)(h);
  Thread* thread = model->known_by(h);
  if (thread == nullptr || thread->joined) return ESRCH;
  if (thread->daemon) return EINVAL;
  thread->daemon = true;
  return 0;
}

void pthread_exit(void* result) {
  Execution* run = nullptr;
  {
    Model model;
    if (!model) REAL(pthread_exit)(result);
    run = &*model;
    run->self().result = result;
  }
  auto* exception = new _Unwind_Exception{};
  _Unwind_ForcedUnwind(exception, &go_on, nullptr);
  std::abort();
}

pthread_t pthread_self() noexcept {
  Model model;
  if (!model) return REAL(pthread_self)();
  return model->self().handle;
}

int pthread_setname_np(pthread_t h, const char* name) noexcept {
  Model model;
  if (!model) return REAL(pthread_setname_np)(h, name);
  Thread* thread = model->known_by(h);
  if (thread == nullptr) return ESRCH;
  if (std::strlen(name) > 15) return ERANGE;
  thread->extras().name = name;
  return 0;
}

int pthread_getname_np(pthread_t h, char* name, std::size_t size) noexcept {
  Model model;
  if (!model) return REAL(pthread_getname_np)(h, name, size);
  const Thread* thread = model->known_by(h);
  if (thread == nullptr) return ESRCH;
  const std::string& name_of = thread->extras().name;
  const char* known = name_of.empty() ? program_invocation_short_name : name_of.c_str();
  const std::size_t length = std::min<std::size_t>(std::strlen(known), 15);
  if (size <= length) return ERANGE;
  memory->note_write(name, length + 1);
  std::memcpy(name, known, length);
  name[length] = '\0';
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
