// What a program tells a race detector about order that it cannot see: the annotations that ThreadSanitizer's runtime provides. What
// came before a release (or HappensBefore) of an address happens before what comes after a later acquire (HappensAfter) of it.
//
// The address is a name: what lies there is not used. Both are steps, or an execution that stands for others would show its own edges
// and not theirs. Releases commute.
#include <interleave/scheduler/door.hpp>

namespace interleave::engine {
namespace {

const OperationType release_type{.name = "annotated release", .access = Access::post, .noun = "annotation"};
const OperationType acquire_type{.name = "annotated acquire", .access = Access::read, .noun = "annotation"};

void annotated_release(const void* address) {
  Model model;
  if (!model) return;
  model->step({.type = &release_type, .object = address});
  if (shadow != nullptr) shadow->release(model->self().id, reinterpret_cast<std::uintptr_t>(address), true);
}

void annotated_acquire(const void* address) {
  Model model;
  if (!model) return;
  model->step({.type = &acquire_type, .object = address});
  if (shadow != nullptr) shadow->acquire(model->self().id, reinterpret_cast<std::uintptr_t>(address));
}

}  // namespace
}  // namespace interleave::engine

#pragma GCC visibility push(default)

extern "C" {

void __tsan_release(void* address) { interleave::engine::annotated_release(address); }
void __tsan_acquire(void* address) { interleave::engine::annotated_acquire(address); }
void AnnotateHappensBefore(const char*, int, void* address) { interleave::engine::annotated_release(address); }
void AnnotateHappensAfter(const char*, int, void* address) { interleave::engine::annotated_acquire(address); }

}  // extern "C"

#pragma GCC visibility pop
