// Where checkers hang on to the engine, so that the engine names none of them. A checker's file has one object of these at
// namespace scope; the lists are written before main and only read after.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/observer.hpp>

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

// One checker: it watches steps and may object, or it explains failures of one kind that the engine finds. Options::checks,
// INTERLEAVE_CHECK and --check switch it on by its name and off by "no-" and its name.
class Checker {
 public:
  using Explanation = std::string (*)(std::span<const ThreadState>, std::span<const TraceEvent>);
  struct Declaration {
    const char* name;                                          // as in --check NAME; letters and hyphens
    const char* help;                                          // one line: what it finds, or explains
    const char* watches;                                       // for a reader: "steps", "executions in which nobody can go on"
    bool        by_default = false;                            // on unless it is switched off
    std::unique_ptr<Observer> (*observer)() = nullptr;         // of one exploration; null: it watches no steps
    const char* kind = nullptr;                                // it explains failures of this kind:
    Explanation explanation = nullptr;                         // the sentence, or empty if there is nothing to say
  };

  // REQUIRES: an object at namespace scope, in the file of the checker.
  explicit Checker(const Declaration& declaration);

  // All that are registered, by name.
  static std::vector<const Declaration*> all();
  // Throws UsageError for an unknown name; `what`: where the text comes from, as "INTERLEAVE_CHECK".
  static void validate(std::string_view checks, std::string_view what);
  // The observers of those that are on. REQUIRES of all that follow: valid checks.
  static std::vector<std::shared_ptr<Observer>> observers(std::string_view checks);
  // How many of those that are on watch steps.
  static std::size_t watching_steps(std::string_view checks);
  // The explanation of a failure, or `otherwise` if no checker that is on has one.
  static std::string explain(std::string_view checks, const std::string& kind, std::span<const ThreadState>, std::span<const TraceEvent>,
                             const std::string& otherwise);

 private:
  static bool is_on(const Declaration& declaration, std::string_view checks);

  const Declaration declaration_;
  const Checker* next_;
};

}  // namespace interleave::hooks
