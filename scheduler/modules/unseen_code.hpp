// Code of the process that is not instrumented, and so cannot be seen while it runs: whole modules, and functions that the linker has
// put among instrumented ones (an object file or a static library that was compiled without -fsanitize=thread).
//
// A function is one of these if it touches memory that is not its own (machine_code.hpp) and calls no hook. Functions come from the
// symbol table of the file; of a stripped one, from the table of the unwinder, without names. Most functions of an instrumented program
// call a hook near their begin, so that they need not be decoded.
//
// An instrumented function may hold assembly, which the compiler does not look into. Instructions by which it locks, or calls the kernel, are
// found, and treated as such functions; that it reads and writes is not.
//
// Left out is what belongs to the system (the C and C++ libraries), to a test framework, or to the engine alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace interleave::engine {

struct AddressRange {
  std::uintptr_t low = 0, high = 0;
  bool contains(std::uintptr_t address) const { return address - low < high - low; }
};

struct UnseenModule {
  std::string path;                      // of its file, for the program itself, too
  std::vector<AddressRange> code;        // whole pages
  std::uintptr_t base = 0;               // where it is loaded
};

struct UnseenFunction {
  std::uint8_t* begin = nullptr;
  std::size_t   size = 0;
  std::string   name;                    // as in the symbol table; empty: there is none
  std::string   module;                  // the path
  std::uintptr_t offset = 0;             // in the module
  const char*   assembly = nullptr;      // not a function, but such an instruction within one that is instrumented
};

struct UnseenCode {
  std::vector<UnseenModule> modules;
  std::vector<UnseenFunction> functions;
  std::vector<std::string> unreadable;   // instrumented modules whose functions cannot be told apart
  std::vector<AddressRange> instrumented;  // the code of instrumented modules: whole pages
  std::size_t functions_looked_at = 0;
};

// The code without instrumentation in the modules that are loaded now. Reads the files of the modules, and again only if something was loaded or
// unloaded since the last call.
const UnseenCode& unseen_code();
// Whether one of its modules is loaded there.
bool is_unseen_module(std::uintptr_t base);

}  // namespace interleave::engine
