// The life of objects of the program's: with races=explore, initialisation and destruction are steps.
#include <algorithm>
#include <limits>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

void tell_life(const void* object, std::size_t size) {
  if (Execution::current->watched()) Execution::current->tell_life(object, size);
}

}  // namespace

void touch_all(Operation& operation, const void* p, std::size_t size) {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  if (size > 2 * most) unsupported(operation.type->name, "of more than 8 GiB, where races are explored");
  operation.object = p;
  operation.size = static_cast<std::uint32_t>(std::min(size, most));
  if (size <= most) return;
  operation.second = static_cast<const char*>(p) + most;
  operation.second_size = static_cast<std::uint32_t>(size - most);
  operation.second_access = Access::write;
}

// Until there is a second thread nobody can come between.
bool life_step(const Operation& operation) {
  Execution& run = *Execution::current;
  if (!explores_races || run.threads_created() == 1) return false;
  run.step(operation);
  return true;
}

void began(void* object, std::size_t size) {
  tell_life(object, size);
  memory->note_write(object, size);
  if (shadow != nullptr) shadow->begun(reinterpret_cast<std::uintptr_t>(object));
}

void destroyed(const void* object) {
  tell_life(object, 1);
  if (shadow != nullptr && !shadow->destroyed(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(object), nullptr, 0))
    report_found(*Execution::current);
}

void destroyed(const void* object, std::uint32_t& word, std::uint32_t value) {
  tell_life(object, 1);
  if (shadow == nullptr) return;
  if (!shadow->destroyed(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(object), &word, value)) report_found(*Execution::current);
  write(word, value);
}

}  // namespace interleave::engine
