// Which world the calling code is in. One word, read by every door of the runtime.
//
// It is thread-local so that other OS threads of the process (a logger, the watchdog) always see the real functions.
#pragma once

#include <cstdint>

namespace interleave::engine {

enum class Mode : std::uint8_t {
  outside,    // no exploration, or engine code: every call goes to the real function
  modelled,   // code of a modelled thread: every visible operation is a step
  framework,  // code of the test framework below a modelled thread: real functions, and it can be taken back
};

extern __thread Mode mode __attribute__((tls_model("initial-exec")));

// Whether races are explored: every plain access that another thread could notice is a step, and no race is a failure.
[[gnu::visibility("hidden")]] extern bool explores_races;

// While it lives, code of the engine called from a modelled thread is not modelled itself.
class EngineScope {
 public:
  EngineScope() : before_(mode) { mode = Mode::outside; }
  ~EngineScope() { mode = before_; }
  EngineScope(const EngineScope&) = delete;
  EngineScope& operator=(const EngineScope&) = delete;

 private:
  Mode before_;
};

}  // namespace interleave::engine
