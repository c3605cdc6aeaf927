// The recorder: watches one execution, step by step with the stack of each announcement, and turns it into what a reader
// sees. Used only when a failing schedule is executed again to explain it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/execution.hpp>
#include <interleave/scheduler/symbols.hpp>

namespace interleave::engine {

class Recorder final : public Watcher {
 public:
  explicit Recorder(Symbols& symbols) : symbols_(symbols) {}

  void announced(const Execution&, const Thread&) override;
  void performed(Execution&, const Thread&) override;
  void noted(const Execution&, const Thread&, const std::string& text) override;
  void ended(Execution&, Ending) override;

  std::vector<TraceEvent> take_trace() { return std::move(trace_); }
  std::vector<ThreadState> take_threads() { return std::move(threads_); }

 private:
  using Stack = std::vector<const void*>;

  std::string name_of(const Thread& thread) const;
  std::string object_of(const Operation& operation);
  std::string text_of(const Operation& operation) const;

  Symbols& symbols_;
  std::vector<Stack> stacks_;                      // per thread: where its pending operation was announced
  std::map<const void*, std::string> object_names_;
  std::map<std::string, unsigned> nouns_;          // how many objects of a kind have been named
  std::vector<TraceEvent> trace_;
  std::vector<ThreadState> threads_;
};

}  // namespace interleave::engine
