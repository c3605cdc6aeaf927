// Unloading a module. What one that is opened and closed within an execution has done is not to be forgotten with it.
#include <dlfcn.h>

#include <interleave/scheduler/door.hpp>
#include <interleave/scheduler/unseen_runs.hpp>

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" int dlclose(void* handle) noexcept {
  if (const Model model; model) before_unloading();
  return REAL(dlclose)(handle);
}

#pragma GCC visibility pop
