// The recorder: watches one execution, step by step with the stack of each announcement, and turns it into what a reader
// sees. Used only when a failing schedule is executed again to explain it. On the fibers it only takes notes; names and places
// are looked up once the execution has ended.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>
#include "scheduler/execution/execution.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {

std::string name_of(const Thread& thread);

class Recorder final : public ExecutionListener {
 public:
  explicit Recorder(Symbols& symbols) : symbols_(symbols) {}

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

 private:
  using Stack = std::vector<const void*>;
  struct Event {
    std::uint64_t step;
    std::uint32_t thread;
    Operation     operation;
    std::string   note;  // instead of an operation
    Stack         stack;
    bool          early = false;  // timed_out_early
  };
  struct Extent {
    std::uintptr_t begin = 0;
    std::size_t    size = 0;     // 0: none
  };

  // Whether the step is a timeout or the end of a sleep while another thread could have gone on.
  static bool timed_out_early(const Execution& run, const Thread& thread);
  // object_id and second_id of all events.
  void number_objects();
  std::string call_of(const Stack& stack);
  static std::array<Extent, 2> extents_of(const Operation& operation);
  std::size_t number_of(const Stack& stack);
  std::string second_of(const Operation& operation) const;
  std::string object_of(const Operation& operation);
  std::string object_of(const void* object, const std::string& noun);
  std::string reads_of(const Thread& thread);

  Symbols& symbols_;
  std::vector<Stack> stacks_;                      // per thread: where its pending operation was announced
  std::vector<Event> events_;
  std::size_t moment_ = 0;
  std::vector<std::array<Extent, 2>> extents_;     // of each event of the trace: its objects
  Stack failing_;                                  // where the execution failed
  std::map<const void*, std::string> object_names_;
  std::map<std::string, unsigned> nouns_;          // how many objects of a kind have been named
  std::vector<Numbered> numbered_;
  std::map<std::vector<const void*>, std::size_t> stack_numbers_;
  std::vector<std::vector<CodePlace>> stacks_in_text_;
  std::vector<TraceEvent> trace_;
  std::vector<ThreadState> threads_;
};

}  // namespace interleave::engine
