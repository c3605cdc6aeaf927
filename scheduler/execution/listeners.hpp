// Who is told of the steps of an execution: the strategy's StepListener, and listeners of the execution (the recorder of traces, observers).
// With nobody told, a step costs one branch.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/execution/thread.hpp"
#include "scheduler/model/step_listener.hpp"
#include "scheduler/model/strategy.hpp"

namespace interleave::engine {

class Execution;

// All but `ended` are called on the small stack of a fiber, or of a signal handler.
class ExecutionListener {
 public:
  virtual ~ExecutionListener() = default;
  virtual void announced(const Execution&, const Thread&) {}
  virtual void performed(Execution&, const Thread&) {}  // may call fail
  virtual void life(const void* /*object*/, std::size_t /*size*/) {}  // what was here ends, or another begins
  virtual void noted(const Execution&, const Thread&, const std::string& /*text*/) {}
  virtual void failing(const Execution&, const Thread&) {}  // the thread's execution fails at this point
  virtual void ended(Execution&, Ending) {}             // still with all its threads
};

class Listeners {
 public:
  explicit Listeners(std::vector<ExecutionListener*> all) : all_(std::move(all)) {}

  // An execution begins. `of_strategy` may be null. `always`: steps are reported even if nobody listens. `records`: they are recorded for the
  // next execution.
  void begin(StepListener* of_strategy, bool always, bool records) {
    of_strategy_ = of_strategy;
    always_ = always;
    stepped_ = nullptr;
    resume(records);
  }
  // The steps that follow are told to nobody, because they are those of the execution before; until `resume`.
  void pause(bool records) {
    strategy_ = nullptr;
    watching_ = false;
    attentive_ = records;
  }
  void resume(bool records) {
    strategy_ = of_strategy_;
    watching_ = strategy_ != nullptr || !all_.empty() || always_;
    attentive_ = watching_ || records;
  }

  bool watching() const { return watching_; }    // steps are reported
  bool attentive() const { return attentive_; }  // they are reported or recorded
  bool none() const { return all_.empty(); }
  StepListener* of_strategy() const { return of_strategy_; }  // in this execution; null: none
  StepListener* strategy() const { return strategy_; }        // as of_strategy, but null while steps are told to nobody
  // Calls f(listener) for each listener of the execution.
  template <class F>
  void each(F f) const {
    for (ExecutionListener* listener : all_) f(*listener);
  }

  // `thread` has been chosen; its step is reported when it is complete (`report`).
  void chosen(Thread& thread) { stepped_ = &thread; }
  bool is_last(const Thread* thread) const { return stepped_ == thread; }
  void report(Execution& run) {
    if (stepped_ != nullptr) report_stepped(run);
  }

 private:
  void report_stepped(Execution& run);

  std::vector<ExecutionListener*> all_;
  bool always_ = false;
  bool watching_ = false, attentive_ = false;
  StepListener* of_strategy_ = nullptr;
  StepListener* strategy_ = nullptr;
  Thread* stepped_ = nullptr;  // whose step has not been reported yet
};

}  // namespace interleave::engine
