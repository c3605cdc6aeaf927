// drand48() and its kin: the generator that POSIX prescribes, so a seed gives the numbers that it gives everywhere. Its state is
// each thread's own here; the thread that runs the body begins, as a process does, with 0.
#include <cstdint>
#include <cstdlib>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

constexpr std::uint64_t mask = (std::uint64_t{1} << 48) - 1;

std::uint64_t words(const unsigned short* x) { return x[0] | std::uint64_t{x[1]} << 16 | std::uint64_t{x[2]} << 32; }

void set_words(unsigned short* x, std::uint64_t value) {
  for (int i = 0; i < 3; ++i) x[i] = static_cast<unsigned short>(value >> 16 * i);
}

std::uint64_t following(const Rand48& state, std::uint64_t x) { return (state.a * x + state.c) & mask; }

// The state of the running thread, which is about to change.
Rand48& changing(Execution& run) {
  memory->beyond();
  return run.self().extras().rand48;
}

std::uint64_t next(Execution& run) {
  Rand48& state = changing(run);
  return state.x = following(state, state.x);
}

// The same for a state that the program keeps.
std::uint64_t next(Execution& run, unsigned short* x) {
  memory->note_write(x, 3 * sizeof *x);
  const std::uint64_t value = following(run.self().extras().rand48, words(x));
  set_words(x, value);
  return value;
}

double as_double(std::uint64_t x) { return static_cast<double>(x) / static_cast<double>(mask + 1); }
long as_unsigned(std::uint64_t x) { return static_cast<long>(x >> 17); }
long as_signed(std::uint64_t x) { return static_cast<std::int32_t>(x >> 16); }

// Modelled code is about to read and write it.
void used(void* p, std::size_t size) {
  accessed(p, size, true);
  memory->note_write(p, size);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#define DRAW(result, name, convert)      \
  result name() noexcept {               \
    Model model;                         \
    return model ? convert(next(*model)) : REAL(name)(); \
  }

#define DRAW_FROM(result, name, convert)                                    \
  result name(unsigned short x[3]) noexcept {                               \
    if (mode == Mode::modelled) accessed(x, 3 * sizeof *x, true);           \
    Model model;                                                            \
    return model ? convert(next(*model, x)) : REAL(name)(x);                \
  }

// With a state that the program keeps: the C library's own functions, whose writes are not seen by themselves.
#define DRAW_R(name, T)                                                                                  \
  int name(drand48_data* state, T* result) noexcept {                                                    \
    if (mode == Mode::modelled) used(state, sizeof *state), used(result, sizeof *result);                \
    return REAL(name)(state, result);                                                                    \
  }

#define DRAW_FROM_R(name, T)                                                                             \
  int name(unsigned short x[3], drand48_data* state, T* result) noexcept {                               \
    if (mode == Mode::modelled) used(x, 3 * sizeof *x), used(state, sizeof *state), used(result, sizeof *result); \
    return REAL(name)(x, state, result);                                                                 \
  }

#pragma GCC visibility push(default)

extern "C" {

DRAW(double, drand48, as_double)
DRAW(long, lrand48, as_unsigned)
DRAW(long, mrand48, as_signed)
DRAW_FROM(double, erand48, as_double)
DRAW_FROM(long, nrand48, as_unsigned)
DRAW_FROM(long, jrand48, as_signed)
DRAW_R(drand48_r, double)
DRAW_R(lrand48_r, long)
DRAW_R(mrand48_r, long)
DRAW_FROM_R(erand48_r, double)
DRAW_FROM_R(nrand48_r, long)
DRAW_FROM_R(jrand48_r, long)

void srand48(long seed) noexcept {
  Model model;
  if (!model) return REAL(srand48)(seed);
  changing(*model) = {.x = static_cast<std::uint64_t>(static_cast<std::uint32_t>(seed)) << 16 | 0x330e};
}

unsigned short* seed48(unsigned short seed[3]) noexcept {
  Model model;
  if (!model) return REAL(seed48)(seed);
  static unsigned short before[3];
  set_words(before, model->self().extras().rand48.x);
  changing(*model) = {.x = words(seed)};
  return before;
}

void lcong48(unsigned short parameters[7]) noexcept {
  Model model;
  if (!model) return REAL(lcong48)(parameters);
  changing(*model) = {.x = words(parameters), .a = words(parameters + 3), .c = parameters[6]};
}

int srand48_r(long seed, drand48_data* state) noexcept {
  if (mode == Mode::modelled) used(state, sizeof *state);
  return REAL(srand48_r)(seed, state);
}

int seed48_r(unsigned short seed[3], drand48_data* state) noexcept {
  if (mode == Mode::modelled) used(state, sizeof *state);
  return REAL(seed48_r)(seed, state);
}

int lcong48_r(unsigned short parameters[7], drand48_data* state) noexcept {
  if (mode == Mode::modelled) used(state, sizeof *state);
  return REAL(lcong48_r)(parameters, state);
}

}  // extern "C"

#pragma GCC visibility pop
