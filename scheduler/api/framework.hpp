// Between Interleave and a test framework. An adapter (catch2.cpp) registers how the framework is told of a failure, and tells
// Interleave of assertions that fail inside a body. Without an adapter, check() throws Failed, which every framework reports.
//
// An assertion that is evaluated inside a run (an exploration, or a body on real threads) belongs to Interleave: the framework
// never hears of it. That keeps the framework's own data out of the program's memory, and makes assertions on several real
// threads safe with frameworks that are not. What the framework hears of is the one failure of the check() around it.
#pragma once

#include <string>

#include <interleave/interleave.hpp>

#pragma GCC visibility push(default)

namespace interleave::detail {

struct FrameworkHooks {
  // Makes `text` one failure of the running test, located at file:line, and leaves the test, normally by an exception.
  void (*fail)(const char* text, const char* file, unsigned line) = nullptr;
  // The framework breaks longer lines of the text. 0: it does not.
  unsigned columns = 0;
};

// Called before main.
void set_framework(FrameworkHooks hooks) noexcept;

// Whether an adapter has registered: then the framework shows the text of a failure.
bool has_framework() noexcept;
// FrameworkHooks::columns; 0 without an adapter.
unsigned framework_columns() noexcept;

// Reports a failed check: through the framework, or as Failed if there is none (or if its hook returns).
[[noreturn]] void deliver_failure(const std::string& text, Report report, SourceLocation where);

// True if the calling thread belongs to a run, modelled or real.
bool in_run() noexcept;

// An assertion of the framework failed. In a modelled thread: ends the execution as a failure of kind `require` and does not
// return. In a run on real threads: records the failure and returns. Outside a run: does nothing.
void framework_assertion_failed(const char* text, const char* file, unsigned line);

// In the model, for an adapter that is called from deep within the framework: what the framework has set up for the calling thread
// on the way here stands, also if the execution now ends. (Without this it is taken back, as if the assertion had never been made.)
void keep_framework_writes() noexcept;

// Calls `call(data)`, which makes text out of the program's values with the program's own functions. Runs as if it were the engine's code:
// makes no steps, and its accesses are not looked at. On real threads, by one thread at a time.
void unobserved(void (*call)(void*), void* data);

// Whether an exception may be thrown to leave the calling thread's part of the body: on a real thread that runs the body
// itself or a body of parallel(). In any other real thread of a body it would terminate the process.
bool may_unwind() noexcept;

// The framework's turn on real threads: one thread at a time in a part of the framework that is not made for several, without
// ordering the threads for ThreadSanitizer. In the model, where threads do not run at once, it does nothing.
class FrameworkTurn {
 public:
  FrameworkTurn();
  ~FrameworkTurn();
  FrameworkTurn(const FrameworkTurn&) = delete;
  FrameworkTurn& operator=(const FrameworkTurn&) = delete;

 private:
  const bool taken_;
};

}  // namespace interleave::detail

#pragma GCC visibility pop
