// Where checkers hang on to the engine, so that the engine names none of them. A checker's file has one object of these at
// namespace scope; the lists are written before main and only read after.
#pragma once

#include <span>
#include <string>

#include <interleave/interleave.hpp>

namespace interleave::hooks {

// Called before each execution, and before each run on real threads.
class BeforeExecution {
 public:
  explicit BeforeExecution(void (*call)());
  static void call_all();

 private:
  void (*call_)();
  const BeforeExecution* next_;
};

// A source of what verdicts rest on: of assumptions of the model, or of what it could not see. One object, in the file that knows of it.
class Basis {
 public:
  // `begin` is called when an exploration begins, and again when it begins anew; `tell` after its last execution, outside the model: it
  // adds its sentences to the lists of the report (Report::assumed, unseen, trusted, suppressions). Either may be null.
  Basis(void (*begin)(const Options&), void (*tell)(Report&));
  static void begin_all(const Options& options);
  static void tell_all(Report& report);

 private:
  void (*begin_)(const Options&);
  void (*tell_)(Report&);
  const Basis* next_;
};

// Turns what is known of a failure of one kind into the sentence that explains it.
class Explainer {
 public:
  using Function = std::string (*)(std::span<const ThreadState>, std::span<const TraceEvent>);
  Explainer(const char* kind, Function function);
  // The explanation, or `otherwise` if no checker has one for this failure.
  static std::string explain(const std::string& kind, std::span<const ThreadState>, std::span<const TraceEvent>,
                             const std::string& otherwise);

 private:
  const char* kind_;
  Function function_;
  const Explainer* next_;
};

}  // namespace interleave::hooks
