// What one step does: its type, its object, and the single question that all of partial-order reduction rests on,
// `dependent(a, b)`.
//
// An operation *accesses* at most two objects (a condition wait gives back a mutex and joins a set of waiters). What it does
// to an object is one of four accesses, and the whole dependence table is one line: two accesses to one object commute
// exactly if they are the same and not a write.
//
//     read     a load, a failed compare-exchange, a failed try, a signal that finds nobody
//     post     sem_post: adding commutes with adding
//     enqueue  joining a set of waiters: the set has no order
//     write    everything else
#pragma once

#include <cstdint>

namespace interleave::engine {

class Execution;
struct Thread;

enum class Access : std::uint8_t { none, read, post, enqueue, write };

constexpr bool commute(Access a, Access b) {
  return a == Access::none || b == Access::none || (a == b && a != Access::write);
}

// One kind of operation. Each family of interposed functions defines its own types (runtime/*.cpp); nothing else lists them.
struct OperationType {
  const char* name;                        // as shown in a trace: "mutex lock"; identifies the type across builds
  Access      access = Access::none;       // what it does to its object
  Access      failed = Access::read;       // the same if it fails: a try, a timeout, a compare-exchange
  bool        waits = false;               // a thread may sleep in it
  // How many candidates this pending operation of `thread` offers now; 0: it cannot proceed. Null: always exactly one.
  // A function of the state of the execution only.
  std::uint32_t (*candidates)(const Execution&, const Thread& thread) = nullptr;
  // Who would have to act for it to proceed (holder of a mutex, target of a join), or null.
  const Thread* (*blocker)(const Execution&, const Thread& thread) = nullptr;
  bool shows_value = false;                // `argument` is a value worth showing
  const char* noun = nullptr;              // what the object is called; null: the first word of the name
  std::uint32_t hash = hash_of(name);

  static constexpr std::uint32_t hash_of(const char* text) {  // FNV-1a
    std::uint32_t h = 2166136261u;
    for (; *text != '\0'; ++text) h = (h ^ static_cast<unsigned char>(*text)) * 16777619u;
    return h;
  }
};

struct Operation {
  const OperationType* type = nullptr;
  const void*   object = nullptr;          // null: local, commutes with everything
  std::uint32_t size = 1;                  // bytes of the object that it touches
  bool          failed = false;            // set when performed
  Access        second_access = Access::none;
  const void*   second = nullptr;          // a second object, if any
  std::uint64_t argument = 0;              // of the operation: a deadline, a count, an expected value

  Access access() const { return failed ? type->failed : type->access; }
};

// Whether the order of two performed operations of different threads matters.
inline bool dependent(const Operation& a, const Operation& b) {
  const auto meet = [](const void* p, std::uint32_t p_size, Access pa, const void* q, std::uint32_t q_size, Access qa) {
    const auto x = reinterpret_cast<std::uintptr_t>(p), y = reinterpret_cast<std::uintptr_t>(q);
    return p != nullptr && q != nullptr && x < y + q_size && y < x + p_size && !commute(pa, qa);
  };
  return meet(a.object, a.size, a.access(), b.object, b.size, b.access()) ||
         meet(a.object, a.size, a.access(), b.second, 1, b.second_access) ||
         meet(a.second, 1, a.second_access, b.object, b.size, b.access()) ||
         meet(a.second, 1, a.second_access, b.second, 1, b.second_access);
}

}  // namespace interleave::engine
