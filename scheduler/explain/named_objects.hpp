// What a reader calls the objects of an execution: "pool.cv_", "queue_[3]", "node->next", "Node#1.next", "count in transfer".
//
// The names come from debug information and from the program's data as it stands when the execution has ended:
//
//   global variable          the variable, and the member or element of it
//   variable of a call       the same, as the call stood when the step was announced
//   block of the heap        by a chain of pointers from a variable: "pool->queue_.mutex_"; the shortest chain, named variables
//                            first. Else, where the type is known (of `this` in a member function, or of an atomic pointer):
//                            the type and a number, "Node#1.next"
//
// While the execution runs only notes are taken: which frame holds an object, and, of a block that a thread meets for the first time, the
// innermost part of its stack. Names are looked up from `settle` on. Without debug information there are global variables alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/execution/execution.hpp"
#include "scheduler/explain/stack_frames.hpp"
#include "scheduler/symbols/data_layout.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {

class NamedObjects {
 public:
  NamedObjects(Symbols& symbols, const StackFrames& frames) : symbols_(symbols), data_(symbols.data()), frames_(frames) {}

  // ---- on the fibers ----
  // A thread makes a step on this object. Returns what `name` wants to know.
  std::uint32_t sight(const Thread& thread, const void* object);

  // Before the execution has ended: names are what they would be if it ended here.
  void glance(const Execution& run);

  // ---- when the execution has ended ----
  // Looks at the program's data. To be called once, before memory is rolled back; what follows may be asked for later.
  void settle(const Execution& run);
  static constexpr std::uint32_t now = ~std::uint32_t{0};  // a sight: where threads stand at the end
  // Empty: there is no name. `size`: of the object, in bytes; 0: not known.
  std::string name(const void* object, std::size_t size, std::uint32_t sight = now);
  // Whether the name is one that the program does not have: "Node#1".
  bool is_made_up(const void* object);
  // As name, with the function of a variable of a call, or "a variable in f" where only that is known.
  std::string described(const void* object, std::size_t size);
  // The name of a thread_local variable.
  std::string thread_local_name(const void* object, std::size_t size);
  // A value of the object, as its type has it; empty: as a number.
  std::string value(const void* object, std::uint64_t value, std::uint32_t sight);
  // Whether the object is, or is part of, one of a class of this name.
  bool is_in(const void* object, std::string_view class_name, std::uint32_t sight);

 private:
  struct Snapshot {                         // of a thread's stack, when it met a block
    std::uint32_t thread = 0;
    std::uintptr_t object = 0, begin = 0;
    std::vector<FrameState> frames;         // innermost first
    std::vector<std::uintptr_t> words;
  };
  struct Span {                             // objects of one type, one behind the other, of which something is known
    std::uintptr_t begin = 0, end = 0;
    TypeId type = no_type;
    std::size_t size = 0;                   // of each
    std::string name;                       // empty: by the type and a number
    const char* join = "->";                // between the name and a member: "->", "."; "": the members are variables of a lambda
    bool numbered = false;                  // the elements are
    bool whole = false;                     // the name is all that is known: "an element of q"
  };
  struct Block {                            // of the heap
    std::size_t size = 0;
    std::vector<std::size_t> spans;         // those that begin in it
  };
  struct Item {                             // data whose pointers are to be followed
    std::uintptr_t address = 0;
    TypeId type = no_type;
    std::string name;
    const char* join = ".";
    unsigned depth = 0;
  };
  struct Place {                            // what an object is, by type
    TypeId type = no_type;
    std::uintptr_t offset = 0;
    std::string name, function;             // of the whole
    const char* join = ".";
    bool whole = false, made_up = false;
  };

  std::optional<Place> place(std::uintptr_t object, std::uint32_t sight);
  std::optional<Place> place_in_frame(std::uintptr_t object, const FrameState& frame);
  std::map<std::uintptr_t, Block>::iterator block_at(std::uintptr_t address);
  const Span* span_at(std::uintptr_t address);
  std::string numbered_name(const Span& span);
  bool is_programs(const FrameState& frame);
  void follow(std::uintptr_t value, const PointerMember& pointer, const std::string& name, unsigned depth);
  void follow_all();
  void follow_variables(const FrameState& frame, bool named, const Snapshot* snapshot);
  std::optional<std::uintptr_t> read(std::uintptr_t address, const Snapshot* snapshot) const;
  static std::string joined(const std::string& name, const char* join, const std::string& part);

  Symbols& symbols_;
  DataLayout& data_;
  const StackFrames& frames_;
  std::vector<FrameState> held_;                                 // of objects on stacks: by sight
  std::map<std::pair<const void*, std::uintptr_t>, std::uint32_t> held_at_;  // so that each frame is kept once
  std::set<std::pair<std::uint32_t, const void*>> met_;          // blocks, by thread
  std::vector<Snapshot> snapshots_;
  std::vector<Span> spans_;
  std::vector<Item> items_;
  std::map<std::uintptr_t, Block> blocks_;                       // by address
  std::map<std::uintptr_t, std::string> numbered_;               // by address
  std::map<std::string, unsigned> numbers_;                      // by type
  std::vector<std::string> threads_;                             // their names
  bool settled_ = false;
};

}  // namespace interleave::engine
