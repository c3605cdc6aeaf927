#include "scheduler/execution/at_thread_exit.hpp"

namespace interleave::engine {
namespace {

constinit const AtThreadExit* first = nullptr;

}  // namespace

AtThreadExit::AtThreadExit(Phase phase, Function function) : phase_(phase), function_(function), next_(first) { first = this; }

void AtThreadExit::call_all(Phase phase, Execution& run, Thread& thread) {
  for (const AtThreadExit* each = first; each != nullptr; each = each->next_)
    if (each->phase_ == phase) each->function_(run, thread);
}

}  // namespace interleave::engine
