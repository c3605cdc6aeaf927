// Unloading a module. That code of it ran is noted before: an execution may both open and close it.
#include <dlfcn.h>

#include "scheduler/modules/loaded_modules.hpp"
#include "scheduler/runtime/door.hpp"
#include "scheduler/unseen/unseen_runs.hpp"

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" int dlclose(void* handle) noexcept {
  if (const Model model; model) before_unloading();
  const int result = REAL(dlclose)(handle);
  note_unloading();
  return result;
}

#pragma GCC visibility pop
