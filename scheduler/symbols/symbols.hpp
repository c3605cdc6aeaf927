// From addresses to the names that a reader knows: function, file and line of code, global variable of data.
//
// Used only when a failure is explained, so a run pays nothing for it. The debug information is opened once, at the first
// question, and every program counter is looked up once. Without debug information the names of the symbol table remain.
//
// Code is told apart into three: the program's own, Interleave's primitives (own code too, but a reader wants the caller as
// well), and libraries: the standard library, system headers, Boost, the engine and its API headers. Library frames are
// marked and left out of places.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

struct Dwfl;         // of elfutils
struct Dwfl_Module;

namespace interleave {

struct Frame {
  std::string function;  // demangled; empty if unknown
  std::string file;      // as the compiler recorded it; empty if unknown
  unsigned    line = 0;
  bool        library = false;
  bool        near = false;  // the code stands for several lines, or for none, and the line is that of code beside it
};

// "event.hpp:41", or "event.hpp:41~" if that is near; the function where the line is not known; "?" where nothing is.
std::string place(const Frame& frame);

// A name as it was written; itself if it is not mangled.
std::string demangled(const char* name);

class Symbols {
 public:
  Symbols();
  ~Symbols();

  // The frames that a return address stands for, innermost inlined function first. At least one. The reference stays valid.
  const std::vector<Frame>& frames(const void* return_address);

  // Where a stack of return addresses, innermost first, is in the program's own code: "my_test.cpp:27", or with the caller if
  // that is in one of Interleave's primitives: "event.hpp:41 <- my_test.cpp:27". A stack of library frames only: its innermost.
  // An empty stack: empty.
  std::string place(std::span<const void* const> stack);

  // The call of one of Interleave's primitives that the stack is in, as the caller wrote it: "Event::wait"; else empty.
  std::string primitive_call(std::span<const void* const> stack);

  // The name of the global or static variable that holds the address, as "counter" or "table+16"; empty if there is none.
  std::string object_name(const void* address);

  // The module whose code lies at the address; null if there is none.
  Dwfl_Module* module_of(const void* address);

 private:
  struct Close {
    void operator()(Dwfl* session) const;
  };

  Dwfl* session();
  std::vector<Frame> look_up(const void* return_address);

  struct DebugInformation;

  std::unique_ptr<Dwfl, Close> session_;
  std::unique_ptr<DebugInformation> debug_information_;
  bool opened_ = false;
  std::unordered_map<const void*, std::vector<Frame>> known_;
};

}  // namespace interleave
