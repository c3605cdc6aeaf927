// Fibers of the program's own, as it tells ThreadSanitizer of them (marl, Boost.Fiber). Which of its stacks a modelled thread runs on is the
// program's business: it stays one thread, and what its fibers do is ordered by its own order. A fiber that goes on on another thread
// takes along what it has done: it acquires what it released where it was left.
#include <cstdint>
#include <unordered_map>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/runtime/annotated.hpp"

namespace interleave::engine {
namespace {

const OperationType switch_type{.name = "fiber switch", .access = Access::write, .noted = true, .noun = "fiber", .inside = annotated::beside};

// A handle is no address of anything: it holds the thread that made it, and a number that counts the fibers of this thread, so that it is
// the same in equivalent executions. Number 0 is the thread's own stack.
void* handle(std::uint32_t thread, std::uintptr_t number) {
  return reinterpret_cast<void*>(std::uintptr_t{1} << 56 | std::uintptr_t{thread} << 32 | number << 4);
}

struct Known {
  std::uintptr_t made = 0;
  void* current = nullptr;  // null: the thread's own
};
// Of this execution, by thread.
std::unordered_map<std::uint32_t, Known>& fibers() {
  static auto* only = new std::unordered_map<std::uint32_t, Known>;
  return *only;
}
const hooks::BeforeExecution forget{[] {
  if (!fibers().empty()) fibers().clear();
}};

void* fiber_of(const Thread& thread) {
  const auto known = fibers().find(thread.id);
  return known != fibers().end() && known->second.current != nullptr ? known->second.current : handle(thread.id, 0);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

void* __tsan_get_current_fiber() {
  Model model;
  return model ? fiber_of(model->self()) : handle(0, 0);
}

void* __tsan_create_fiber(unsigned) {
  const Model model;
  return model ? handle(model->self().id, ++fibers()[model->self().id].made) : handle(0, 1);
}

void __tsan_destroy_fiber(void*) {}

INTERLEAVE_NOTING_DOOR("__tsan_switch_to_fiber", "interleave_switch_to_fiber", 2);
INTERLEAVE_BEHIND_DOOR void interleave_switch_to_fiber(void* to, unsigned) {
  Model model;
  if (!model) return;
  Execution& run = *model;
  void* const from = fiber_of(run.self());
  run.step({.type = &switch_type, .object = annotated::name_of(to), .second_access = Access::write, .second = annotated::name_of(from)});
  annotated::release(run, from, annotated::beside, true);
  annotated::acquire(run, to, annotated::beside);
  fibers()[run.self().id].current = to;
}

// A thread is shown by the name of its own fiber.
void __tsan_set_fiber_name(void* fiber, const char* name) {
  Model model;
  if (model && model->watched() && fiber == fiber_of(model->self())) model->self().extras().name = name;
}

}  // extern "C"

#pragma GCC visibility pop
