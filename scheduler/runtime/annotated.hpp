// What the annotations of a program have in common (annotations.cpp, annotated_mutex.cpp, program_fibers.cpp): the names under which
// they order, and the regions that they exclude from checks.
//
// An annotation's address is a name: what lies there is not used, and is often an atomic that has an order of its own. So steps and
// clocks of annotations go by another address, which no object of the program's has.
#pragma once

#include <cstdint>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine::annotated {

constexpr std::uintptr_t beside = std::uintptr_t{1} << 60;   // for OperationType::inside as well
constexpr std::uintptr_t readers = std::uintptr_t{1} << 59;  // the tag under which readers release

inline const void* name_of(const void* address, std::uintptr_t tag = beside) {
  return reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(address) + tag);
}

// REQUIRES, of all functions: a modelled thread runs.
inline void acquire(Execution& run, const void* address, std::uintptr_t tag) {
  if (shadow != nullptr) shadow->acquire(run.self().id, reinterpret_cast<std::uintptr_t>(address) + tag);
}
// `also`: as in Shadow::release.
inline void release(Execution& run, const void* address, std::uintptr_t tag, bool also) {
  if (shadow != nullptr) shadow->release(run.self().id, reinterpret_cast<std::uintptr_t>(address) + tag, also);
}

inline void begin_ignoring(Execution& run, Shadow::Ignored what) {
  if (shadow != nullptr) shadow->ignore(run.self().id, what);
}
inline void end_ignoring(Execution& run, Shadow::Ignored what) {
  if (shadow != nullptr && !shadow->ignore_no_more(run.self().id, what))
    misuse("an annotation ends a region of ignored accesses or synchronisation that the thread has not begun");
}
// Around the code of an annotated mutex: its accesses are not looked at, and its own operations order nothing.
inline void enter_mutex(Execution& run) {
  begin_ignoring(run, Shadow::Ignored::accesses);
  begin_ignoring(run, Shadow::Ignored::order);
}
inline void leave_mutex(Execution& run) {
  end_ignoring(run, Shadow::Ignored::order);
  end_ignoring(run, Shadow::Ignored::accesses);
}

}  // namespace interleave::engine::annotated
