// Thread-specific data: pthread_key_create and its kin. Each modelled thread has values of its own, also under keys that were
// created before the exploration; keys that an execution creates are gone with it. No steps: nobody else sees the values.
#include <pthread.h>

#include <array>
#include <climits>

#include "scheduler/execution/at_thread_exit.hpp"
#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

// Of the keys that were created outside executions. An execution's own are numbered from PTHREAD_KEYS_MAX on.
std::array<Execution::KeyDestructor, PTHREAD_KEYS_MAX> outer_destructors{};

void deleted(void*) {}

// An execution's own, and not deleted.
bool inner(const Execution& run, pthread_key_t key) {
  return key >= PTHREAD_KEYS_MAX && key - PTHREAD_KEYS_MAX < run.keys.size() && run.keys[key - PTHREAD_KEYS_MAX] != &deleted;
}

// What becomes of the values under `key` when their thread ends; null: nothing.
Execution::KeyDestructor key_destructor(const Execution& run, unsigned key) {
  if (key < PTHREAD_KEYS_MAX) return outer_destructors[key];
  return inner(run, key) ? run.keys[key - PTHREAD_KEYS_MAX] : nullptr;
}

// Runs the destructors of pthread_key_t values. Repeats while destructors set values, at most PTHREAD_DESTRUCTOR_ITERATIONS times, as POSIX says.
void destroy_values(Execution& run, Thread& thread) {
  if (thread.id == 0) return;
  bool again = true;
  for (int round = 0; again && round < PTHREAD_DESTRUCTOR_ITERATIONS; ++round) {
    again = false;
    for (std::size_t i = 0; i < thread.extras().specific.size(); ++i) {
      const auto [key, value] = thread.extras().specific[i];
      const Execution::KeyDestructor destructor = key_destructor(run, key);
      if (value == nullptr || destructor == nullptr) continue;
      thread.extras().specific[i].second = nullptr;
      destructor(value);
      again = true;
    }
  }
}

const AtThreadExit at_exit(AtThreadExit::Phase::values, &destroy_values);

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) noexcept {
  Model model;
  if (!model) {
    const int error = REAL(pthread_key_create)(key, destructor);
    if (error == 0 && *key < PTHREAD_KEYS_MAX) outer_destructors[*key] = destructor;
    return error;
  }
  if (model->keys.size() == PTHREAD_KEYS_MAX) return EAGAIN;
  write(*key, static_cast<pthread_key_t>(PTHREAD_KEYS_MAX + model->keys.size()));
  model->keys.push_back(destructor);
  return 0;
}

int pthread_key_delete(pthread_key_t key) noexcept {
  Model model;
  if (!model) {
    if (key < PTHREAD_KEYS_MAX) outer_destructors[key] = nullptr;
    return REAL(pthread_key_delete)(key);
  }
  if (key < PTHREAD_KEYS_MAX) unsupported("pthread_key_delete", "the key was created outside this execution");
  if (!inner(*model, key)) return EINVAL;
  model->keys[key - PTHREAD_KEYS_MAX] = &deleted;
  return 0;
}

int pthread_setspecific(pthread_key_t key, const void* value) noexcept {
  Model model;
  if (!model) return REAL(pthread_setspecific)(key, value);
  if (key >= PTHREAD_KEYS_MAX && !inner(*model, key)) return EINVAL;
  memory->beyond();
  for (auto& [known, place] : model->self().extras().specific) {
    if (known != key) continue;
    place = const_cast<void*>(value);
    return 0;
  }
  model->self().extras().specific.emplace_back(key, const_cast<void*>(value));
  return 0;
}

void* pthread_getspecific(pthread_key_t key) noexcept {
  Model model;
  if (!model) return REAL(pthread_getspecific)(key);
  if (key >= PTHREAD_KEYS_MAX && !inner(*model, key)) return nullptr;
  for (const auto& [known, value] : model->self().extras().specific)
    if (known == key) return value;
  // The first thread is, to the program, the one that explores.
  return model->self().id == 0 && key < PTHREAD_KEYS_MAX ? REAL(pthread_getspecific)(key) : nullptr;
}

}  // extern "C"

#pragma GCC visibility pop
