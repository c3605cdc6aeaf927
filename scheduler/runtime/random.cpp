// Randomness: the same numbers in every execution, drawn per thread.
#include <cstdlib>
#include <sys/random.h>

#include <interleave/scheduler/door.hpp>

namespace interleave::engine {
namespace {

void fill(Execution& run, void* buffer, std::size_t size) {
  memory->note_write(buffer, size);
  auto* bytes = static_cast<unsigned char*>(buffer);
  Thread& me = run.self();
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(me.random.next() >> 32);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

ssize_t getrandom(void* buffer, std::size_t size, unsigned flags) {
  Model model;
  if (!model) return REAL(getrandom)(buffer, size, flags);
  fill(*model, buffer, size);
  return static_cast<ssize_t>(size);
}

int getentropy(void* buffer, std::size_t size) {
  Model model;
  if (!model) return REAL(getentropy)(buffer, size);
  fill(*model, buffer, size);
  return 0;
}

int rand() noexcept {
  Model model;
  if (!model) return REAL(rand)();
  return static_cast<int>(model->self().random.next() >> 33);
}

long random() noexcept {
  Model model;
  if (!model) return REAL(random)();
  return static_cast<long>(model->self().random.next() >> 33);
}

void srand(unsigned seed) noexcept {
  Model model;
  if (!model) return REAL(srand)(seed);
  model->self().random = Random(seed);
}

// std::random_device asks the processor, inside libstdc++: two of its functions, by their mangled names.
unsigned interleave_random_device(void* device) __asm__("_ZNSt13random_device9_M_getvalEv");
unsigned interleave_random_device_old(void* device) __asm__("_ZNSt13random_device16_M_getval_pretr1Ev");

unsigned interleave_random_device(void* device) {
  Model model;
  if (!model) {
    static auto* const real = reinterpret_cast<unsigned (*)(void*)>(next_definition("_ZNSt13random_device9_M_getvalEv"));
    return real(device);
  }
  return static_cast<unsigned>(model->self().random.next() >> 32);
}

unsigned interleave_random_device_old(void* device) { return interleave_random_device(device); }

}  // extern "C"

#pragma GCC visibility pop
