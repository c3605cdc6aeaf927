// Code of a test framework that runs below a modelled thread, inside an assertion.
//
// An assertion of the framework (REQUIRE, CHECK) keeps counters and strings that must outlive the execution, so its writes
// are not rolled back and its memory comes from the real heap; it makes no steps. Unless the assertion fails: then the
// execution ends inside it, and what the framework did since its outermost frame was entered is taken back, as if the
// assertion had never been made.
//
// Framework code is recognised by its symbols: the functions that the framework's implementation (not its inline headers:
// those evaluate the user's expressions) defines in its namespace.
#pragma once

#include <cstddef>

namespace interleave::engine {

// Reads the program's symbols, once. REQUIRED before an exploration.
void find_framework_code();

// From the function hooks. REQUIRES: mode is modelled or framework.
void enter_function(const void* inside);
void leave_function();

// A write, or a free, of framework code.
void framework_write(void* p, std::size_t size);
void framework_free(void* p);

// While it lives, code of the user that watches an execution without being part of it (an observer) counts as framework code:
// what it writes is kept.
class FrameworkFrame {
 public:
  FrameworkFrame();
  ~FrameworkFrame();
  FrameworkFrame(const FrameworkFrame&) = delete;
  FrameworkFrame& operator=(const FrameworkFrame&) = delete;
};

// Keeps what the open framework frame has written so far: it is not taken back. REQUIRES: mode is framework.
void keep_framework_writes();

// Ends a framework frame that an abandoned execution left open: takes back what it did.
void abandon_framework_frame();

// Whether framework code has written the word at `p` in any execution: then its value is the framework's business.
bool framework_owns(const void* p);

// Whether `p` lies in the code of a known framework's implementation.
bool is_framework_code(const void* p);

}  // namespace interleave::engine
