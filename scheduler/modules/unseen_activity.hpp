#pragma once

#include <cstdint>

namespace interleave::engine {

// What the engine has to know of code that is not instrumented while an execution is under way. unseen/ says it.
struct UnseenActivity {
  bool ran = false;                   // whether any such code has run in this attempt
  // Looks whether it has changed anything in statics or in the heap: if so, the running thread does not only go round. Null: its calls
  // are not traced.
  void (*note_changes)() = nullptr;
};
[[gnu::visibility("hidden")]] extern UnseenActivity unseen_activity;

// Goes up when such code may have changed something. Who polls may wait for that.
extern "C" __attribute__((visibility("hidden"))) std::uint64_t interleave_noun_code_that_is_not_instrumented;

}  // namespace interleave::engine
