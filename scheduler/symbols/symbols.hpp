// From addresses to the names that a reader knows: function, file and line of code, global variable of data.
//
// Used only when a failure is explained, so a run pays nothing for it. The debug information is opened once, at the first
// question, and every program counter is looked up once. Without debug information the names of the symbol table remain.
//
// Code is told apart into three: the program's own, Interleave's primitives (own code too, but a reader wants the caller as
// well), and libraries: the standard library, system headers, test frameworks, the engine and its API headers. Library frames are
// marked and left out of places. Of a place in a header that was installed (below /usr/include, say), the reader wants the caller as well.
#pragma once

#include <cstddef>
#include <cstdint>
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
  bool        installed = false;  // own code in a header that was installed with a package, and not written for this program
};

// "event.hpp:41", or "event.hpp:41~" if that is near; the function where the line is not known; "?" where nothing is.
std::string place(const Frame& frame);

// A name as it was written; itself if it is not mangled. Without what a compiler adds to the name of a copy that it has made for some of the
// calls (".constprop.0", ".isra.0", ".part.0", ".cold").
std::string demangled(const char* name);

class DataLayout;
struct FunctionAt;  // debug_information.hpp
struct UnitAt;

class Symbols {
 public:
  // One that is kept, since it takes long to open the debug information. Made anew if modules were loaded or unloaded since it was asked for
  // last; what the earlier one has returned is then invalid.
  static Symbols& kept();

  Symbols();
  ~Symbols();

  // The frames that a return address stands for, innermost inlined function first. At least one. The reference stays valid.
  const std::vector<Frame>& frames(const void* return_address);

  // Where a stack of return addresses, innermost first, is in the program's own code: "my_test.cpp:27", or with the caller if
  // that is in one of Interleave's primitives or in an installed header: "event.hpp:41 <- my_test.cpp:27". A stack of library frames only:
  // its innermost.
  // An empty stack: empty.
  std::string place(std::span<const void* const> stack);

  // The call of one of Interleave's primitives that the stack is in, as the caller wrote it: "Event::wait"; else empty.
  std::string primitive_call(std::span<const void* const> stack);

  // The name of the global or static variable that holds the address, as "counter" or "table+16"; empty if there is none.
  std::string object_name(const void* address);
  // The same with the member or element of the variable that the bytes are: "table.rows[2]"; "table+16" without debug information. `size`: in
  // bytes; 0: not known.
  std::string data_name(const void* address, std::size_t size);

  // What lies where in the program's data.
  DataLayout& data() { return *data_; }
  // The function, or the compilation unit, whose code is at the address. False: it is not known.
  bool function_at(const void* address, FunctionAt& found);
  bool unit_at(const void* address, UnitAt& found);

  // The module whose code lies at the address; null if there is none.
  Dwfl_Module* module_of(const void* address);

 private:
  struct Close {
    void operator()(Dwfl* session) const;
  };

  Dwfl* session();
  const char* symbol_of(const void* address, std::uintptr_t& offset);
  std::vector<Frame> look_up(const void* return_address);

  struct DebugInformation;

  std::unique_ptr<Dwfl, Close> session_;
  std::unique_ptr<DebugInformation> debug_information_;
  bool opened_ = false;
  std::unordered_map<const void*, std::vector<Frame>> known_;
  std::vector<const void*> unread_;  // calls in the program's code, whose units may have global variables that are not known yet
  std::unique_ptr<DataLayout> data_;
};

}  // namespace interleave
