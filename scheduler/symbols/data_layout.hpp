// What lies where in the program's data, from debug information: variables of a call, global variables, members of a type, and where
// pointers lead to.
//
// Used only when a failure is explained. What is found is kept: each function, type and module is read once. Without debug information
// there are no variables, and a part of an object is its offset. Nothing here reads the program's memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace interleave {

class Symbols;

// A call that has called another, as the unwinder finds it.
struct FrameState {
  static constexpr std::size_t saved = 16;     // registers, as DWARF numbers them
  const void* return_address = nullptr;        // in it
  std::uintptr_t stack_pointer = 0;            // when it made its call
  std::uintptr_t canonical_address = 0;        // of the frame, as DWARF defines it: the stack pointer of its caller
  std::array<std::uintptr_t, saved> registers{};  // those that functions preserve: rbx (3), rbp (6), r12 to r15
};

using TypeId = std::uint32_t;  // of a type, without typedefs, const and volatile
inline constexpr TypeId no_type = ~TypeId{0};

struct Variable {
  std::string name;                // as written; "this" of the object that a member function is called for
  std::string function;            // demangled; empty: a global one
  TypeId type = no_type;
  std::size_t size = 0;
  std::uintptr_t address = 0;      // 0: it is in a register
  std::uintptr_t value = 0;        // then its value
  bool in_scope = true;            // false: the call stands elsewhere in the function; the variable may not have been made, or not be there any more
  bool closure = false;            // the pointer of a lambda's operator() to what the lambda has captured
};

// A pointer or reference within an object, and what it leads to.
struct PointerMember {
  std::uintptr_t offset = 0;  // in the object
  std::string path;           // of what the reader knows it by: "queue_"; of a pointer that a standard container hides, the container
  TypeId pointee = no_type;
  enum Kind {
    single,   // p->x
    elements, // v[3].x: always by number
    nodes,    // what a container keeps its elements in: no number is known
    counts,   // of shared_ptr: how many refer to the object
    changing, // an atomic pointer, or one to the type that it is a member of: good for the type, not for a name
    reference,
    captured,  // what a lambda has captured, by the pointer of its operator()
  } kind = single;
};

class DataLayout {
 public:
  explicit DataLayout(Symbols& symbols);
  ~DataLayout();

  // The variables of the call, of inlined ones as well. Outer scopes come first.
  std::vector<Variable> variables(const FrameState& frame);
  // The global or static variable that holds the address.
  std::optional<Variable> global(const void* address);
  // Those of the program's own modules that have pointers in them.
  const std::vector<Variable>& globals_with_pointers();
  // The thread_local variable of the program at so many bytes before the thread pointer; its address is its offset in the program's block, as
  // is that of the bytes themselves.
  std::optional<Variable> thread_local_variable(std::uintptr_t before_thread_pointer);
  std::uintptr_t thread_local_offset(std::uintptr_t before_thread_pointer) const;

  // Global variables are known of the units whose code was given here.
  void read(const void* code);
  // The type of a global variable that those units declare or define; `name`: demangled. no_type: they do neither.
  TypeId declared(const std::string& name);

  // What lies at the offset in an object of the type, for so many bytes (0: not known): ".first", "[3].x", ".a|b" of bit-fields that share
  // bytes, "+8" where nothing has a name; empty: the object as a whole.
  std::string part(TypeId type, std::uintptr_t offset, std::size_t size);
  // The type of the innermost part that begins at the offset; no_type: none does.
  TypeId innermost(TypeId type, std::uintptr_t offset);
  // A value of the type as it is written: "true", "nullptr", "red", "-1"; empty: not known.
  std::string value(TypeId type, std::uint64_t value);
  // Whether the offset lies in an object of a class of this name, or of no name in a template of it.
  bool within(TypeId type, std::uintptr_t offset, std::string_view class_name);
  // Of a class, without namespaces and template arguments: "Node"; empty: it has none, as a lambda, or is no class.
  std::string name(TypeId type);
  std::size_t size(TypeId type);
  // What a pointer or reference leads to; nothing: it is none, or leads to void.
  std::optional<TypeId> pointee(TypeId type);

  // Calls f for each pointer in an object of the type, those of arrays included.
  void each_pointer(TypeId type, const std::function<void(const PointerMember&)>& f);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace interleave
