// The recorder: watches one execution, step by step with the stack of each announcement, and turns it into what a reader
// sees. Used only when a failing schedule is executed again to explain it. On the fibers it only takes notes; names and places
// are looked up once the execution has ended.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <interleave/interleave.hpp>
#include "scheduler/execution/execution.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {

std::string name_of(const Thread& thread);

class NamedObjects;

// A call of the kernel's that the running thread is about to announce: doors say it, since the step has no room for it.
struct KernelCall {
  const char* name = nullptr;  // null: not known
  int descriptor = -1;         // -1: none
};
extern KernelCall kernel_call;

// What C++ calls the atomic operations of a type. Objects at namespace scope, where the type is.
class CalledInCxx {
 public:
  CalledInCxx(const OperationType& type, const char* call);
  static const char* of(const OperationType& type);  // null: it is none

 private:
  const OperationType& type_;
  const char* call_;
  const CalledInCxx* next_;
};

class Recorder final : public ExecutionListener {
 public:
  // `names`: of objects; null: global variables alone have names.
  explicit Recorder(Symbols& symbols, NamedObjects* names = nullptr);
  ~Recorder();

  void announced(const Execution&, const Thread&) override;
  void performed(Execution&, const Thread&) override;
  void noted(const Execution&, const Thread&, const std::string& text) override;
  void failing(const Execution&, const Thread&) override;
  void ended(Execution&, Ending) override;

  std::vector<TraceEvent> take_trace() { return std::move(trace_); }
  std::vector<ThreadState> take_threads() { return std::move(threads_); }
  // How many events have been noted; what a Shadow notes its moments by.
  const std::size_t& moment() const { return moment_; }
  // Accesses that are no steps get a place in the trace, too. REQUIRES: the execution has ended, and the trace has not been taken.
  void add_accesses(const Execution& run, const std::vector<Shadow::Told>& accesses);
  // The stacks that trace and threads refer to.
  std::vector<std::vector<CodePlace>> take_stacks() { return std::move(stacks_in_text_); }
  // Whether the debug information has no line of any code that a stack goes through: the program was compiled without it.
  bool lacks_lines() const;
  // The objects that have no name of their own, and what they are called in the trace.
  struct Numbered {
    const void* object;
    std::string name;
  };
  const std::vector<Numbered>& numbered() const { return numbered_; }
  // Where the step was announced. Empty: it was not recorded.
  std::span<const void* const> stack_of(std::uint64_t step) const;
  // What the object is called in the trace, once the execution has ended; empty: the trace does not name it.
  std::string known_name(const void* object) const;
  // The same before that, of an object of a step that was made; what heap blocks are called may change until the execution has ended. Reads
  // debug information. REQUIRES: there is room on the stack.
  std::string name_now(const Execution& run, const void* object);

 private:
  using Stack = std::vector<const void*>;
  struct Event {
    std::uint64_t step;
    std::uint32_t thread;
    Operation     operation;
    std::string   note;  // instead of an operation
    Stack         stack;
    std::uint32_t sight, second_sight;     // of its objects (NamedObjects)
    int           order = -1;              // of an atomic operation, as declared
    KernelCall    call = {};
    std::vector<std::uint32_t> woken = {};  // threads
    bool          early = false;           // timed_out_early
  };
  struct Extent {
    std::uintptr_t begin = 0;
    std::size_t    size = 0;     // 0: none
  };
  struct Asleep {  // what a thread was about to do when the last step was made
    const OperationType* type = nullptr;
    const void* object = nullptr;
    bool woken = false;
  };

  // Whether the step is a timeout or the end of a sleep while another thread could have gone on.
  static bool timed_out_early(const Execution& run, const Thread& thread);
  // object_id and second_id of all events.
  void number_objects();
  std::string call_of(const Stack& stack);
  static std::array<Extent, 2> extents_of(const Operation& operation);
  std::size_t number_of(const Stack& stack);
  std::string second_of(const Operation& operation) const;
  std::string object_of(const Operation& operation, std::uint32_t sight);
  std::string object_of(const void* object, const std::string& noun, std::size_t size, std::uint32_t sight);
  std::string reads_of(const Thread& thread);
  std::vector<std::uint32_t> woken_by(const Execution& run, const Thread& thread);
  TraceEvent told(const Execution& run, const Event& event);
  void tell_values(const Event& event, TraceEvent& told);
  std::string value_of(const Event& event, std::uint64_t value);

  Symbols& symbols_;
  NamedObjects* names_;
  int order_ = -1;                                 // of the atomic operation that the running thread has just made
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sights_;  // per thread: of the objects of its pending operation
  std::vector<KernelCall> calls_;                  // per thread: that its pending operation is
  std::vector<Asleep> asleep_;                     // per thread
  std::vector<Stack> stacks_;                      // per thread: where its pending operation was announced
  std::vector<Event> events_;
  std::size_t moment_ = 0;
  std::vector<std::array<Extent, 2>> extents_;     // of each event of the trace: its objects
  Stack failing_;                                  // where the execution failed
  std::map<const void*, std::string> object_names_;
  std::map<std::string, std::vector<const void*>> named_;  // the objects that have this name; of the second one on, a number is added
  std::map<std::string, unsigned> nouns_;          // how many objects of a kind have been named
  std::vector<Numbered> numbered_;
  std::map<std::vector<const void*>, std::size_t> stack_numbers_;
  std::vector<std::vector<CodePlace>> stacks_in_text_;
  bool any_calls_ = false, has_lines_ = false;     // in those stacks
  std::vector<TraceEvent> trace_;
  std::vector<ThreadState> threads_;
};

}  // namespace interleave::engine
