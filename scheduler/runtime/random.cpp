// Randomness: the same numbers in every execution, drawn per thread. A seed is the calling thread's; without one, its
// handle is.
#include <cstdlib>
#include <sys/random.h>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

// The next number of the running thread.
std::uint64_t draw(Execution& run) {
  memory->beyond();
  return run.self().extras().random.next();
}

void fill(Execution& run, void* buffer, std::size_t size) {
  memory->note_write(buffer, size);
  memory->beyond();
  auto* bytes = static_cast<unsigned char*>(buffer);
  Thread& me = run.self();
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(me.extras().random.next() >> 32);
}

// Modelled code is about to read and write it.
void used(void* p, std::size_t size) {
  accessed(p, size, true);
  memory->note_write(p, size);
}

// The generator and its table, whose first word lies before it.
void used(random_data& state) {
  used(&state, sizeof state);
  if (state.state != nullptr) used(state.state - 1, (static_cast<std::size_t>(state.rand_deg) + 1) * sizeof *state.state);
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
  return static_cast<int>(draw(*model) >> 33);
}

long random() noexcept {
  Model model;
  if (!model) return REAL(random)();
  return static_cast<long>(draw(*model) >> 33);
}

void srand(unsigned seed) noexcept {
  Model model;
  if (!model) return REAL(srand)(seed);
  memory->beyond();
  model->self().extras().random = Random(seed);
}

void srandom(unsigned seed) noexcept {
  Model model;
  if (!model) return REAL(srandom)(seed);
  memory->beyond();
  model->self().extras().random = Random(seed);
}

std::uint32_t arc4random() noexcept {
  Model model;
  if (!model) return REAL(arc4random)();
  return static_cast<std::uint32_t>(draw(*model) >> 32);
}

void arc4random_buf(void* buffer, std::size_t size) noexcept {
  Model model;
  if (!model) return REAL(arc4random_buf)(buffer, size);
  fill(*model, buffer, size);
}

std::uint32_t arc4random_uniform(std::uint32_t bound) noexcept {
  Model model;
  if (!model) return REAL(arc4random_uniform)(bound);
  return static_cast<std::uint32_t>((draw(*model) >> 32) * bound >> 32);
}

// ---- with a state that the program keeps: the C library's own functions, which do not see that their writes are looked at ----

int rand_r(unsigned* seed) noexcept {
  if (mode == Mode::modelled) used(seed, sizeof *seed);
  return REAL(rand_r)(seed);
}

int random_r(random_data* state, std::int32_t* result) noexcept {
  if (mode == Mode::modelled) used(*state), used(result, sizeof *result);
  return REAL(random_r)(state, result);
}

int srandom_r(unsigned seed, random_data* state) noexcept {
  if (mode == Mode::modelled) used(*state);
  return REAL(srandom_r)(seed, state);
}

int initstate_r(unsigned seed, char* table, std::size_t size, random_data* state) noexcept {
  if (mode == Mode::modelled) used(state, sizeof *state), used(table, size);
  return REAL(initstate_r)(seed, table, size, state);
}

int setstate_r(char* table, random_data* state) noexcept {
  if (mode == Mode::modelled) used(*state), used(table, sizeof(std::int32_t));
  return REAL(setstate_r)(table, state);
}

}  // extern "C"

#pragma GCC visibility pop
