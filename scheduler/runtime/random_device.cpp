// std::random_device: its numbers are the calling thread's random numbers, whatever source it names. The real one asks the
// processor, or opens a file that an abandoned execution would leave open; so it is not even constructed. By mangled names: these
// are members of a class that is compiled into libstdc++.
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

constexpr std::array<std::string_view, 10> sources = {"default",    "hw",           "rdseed",      "rdrand", "rdrnd",
                                                      "arc4random", "getentropy",   "/dev/urandom", "/dev/random", "prng"};

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#define NAMED(name) __asm__("_ZNSt13random_device" name) __attribute__((visibility("default")))
#define REAL_NAMED(type, name) (reinterpret_cast<type>(next_definition("_ZNSt13random_device" name)))

extern "C" {

unsigned interleave_random_device(void* device) NAMED("9_M_getvalEv");
unsigned interleave_random_device_old(void* device) NAMED("16_M_getval_pretr1Ev");
void interleave_random_device_init(void* device, const std::string& source)
    NAMED("7_M_initERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE");
void interleave_random_device_fini(void* device) NAMED("7_M_finiEv");

unsigned interleave_random_device(void* device) {
  Model model;
  if (!model) {
    static auto* const real = REAL_NAMED(unsigned (*)(void*), "9_M_getvalEv");
    return real(device);
  }
  return static_cast<unsigned>(model->self().extras().random.next() >> 32);
}

unsigned interleave_random_device_old(void* device) { return interleave_random_device(device); }

// A modelled device is all zeros: it holds nothing. A source that libstdc++ does not know throws, as it does in the real one.
void interleave_random_device_init(void* device, const std::string& source) {
  static auto* const real = REAL_NAMED(void (*)(void*, const std::string&), "7_M_initERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE");
  {
    const Model model;
    if (model) {
      for (const std::string_view known : sources) {
        if (source != known) continue;
        memory->note_write(device, sizeof(std::random_device));
        std::memset(device, 0, sizeof(std::random_device));
        return;
      }
    }
  }
  real(device, source);
}

void interleave_random_device_fini(void* device) {
  const Model model;
  if (model) return;
  static auto* const real = REAL_NAMED(void (*)(void*), "7_M_finiEv");
  real(device);
}

}  // extern "C"
