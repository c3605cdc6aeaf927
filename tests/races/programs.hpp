// Small programs whose races are known, in pairs: what orders two accesses, and what only seems to.
//
// One table for both worlds: table.cpp searches every program in the model, on_real_threads.cpp runs it on real threads, watched by
// ThreadSanitizer. A program ends by itself in every interleaving, and may be run again.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Winvalid-memory-model"  // g++ 12 still thinks that failing may not be stronger than succeeding
#endif

namespace races {

enum Truth { ordered, racy };

struct Program {
  const char* name;
  Truth truth;
  std::function<void()> body;
};

// The programs of one file that belong together. All groups are known before main.
struct Group {
  Group(const char* of, std::vector<Program> list) : name(of), programs(std::move(list)) { all().push_back(this); }
  const char* name;
  std::vector<Program> programs;

  static std::vector<const Group*>& all() {
    static std::vector<const Group*> groups;
    return groups;
  }
};

using interleave::choose;
using interleave::parallel;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto consume = std::memory_order_consume;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

// Plain accesses that the optimiser leaves alone.
template <class T>
__attribute__((noinline)) void put(T& x, T value = T{1}) {
  x = value;
}
template <class T>
__attribute__((noinline)) T get(const T& x) {
  const T value = x;
  asm volatile("" : : "r"(&value) : "memory");
  return value;
}

// Two threads do the same to one x.
inline std::function<void()> both(const std::function<void(int&)>& enclosed) {
  return [=] {
    int x = 0;
    parallel([&] { enclosed(x); }, [&] { enclosed(x); });
  };
}

}  // namespace races
