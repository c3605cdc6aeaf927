// Hands the steps of an execution to the observers of an exploration: those of the user, and those of the checkers that are on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/observer.hpp>
#include "scheduler/execution/execution.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {

class Recorder;

class ObserverBridge final : public ExecutionListener, private StepSource {
 public:
  explicit ObserverBridge(const Options& options);

  // Whether there is an observer.
  bool watches() const { return !observers_.empty(); }
  // The executions that follow are watched by this recorder as well, and explain. Null: they do not.
  void explains(Recorder* recorder, Symbols* symbols) {
    recorder_ = recorder;
    explaining_symbols_ = symbols;
  }

  void begin();
  void announced(const Execution&, const Thread&) override;
  void performed(Execution& run, const Thread& thread) override;
  void life(const void* object, std::size_t size) override;
  // After an execution that ended by itself: the first objection.
  std::optional<Objection> end();
  // Whether the execution that was watched last failed because an observer objected.
  bool objected() const { return objected_; }

 private:
  using Stack = std::vector<const void*>;

  bool explains() const override { return recorder_ != nullptr; }
  std::string place(std::size_t step) const override;
  std::string thread_name(std::uint32_t thread) const override;
  std::string object_name(const void* object) const override;
  Symbols& symbols() const;
  bool may_look_up() const;

  std::vector<std::shared_ptr<Observer>> observers_;
  bool notes_places_ = false;       // in every execution
  bool objected_ = false;
  std::vector<Stack> announced_;    // by thread: where it announced what it is about to do,
  std::vector<Stack> stacks_;       // by step, from 1: where it was announced
  const Execution* run_ = nullptr;  // the last, whose steps are told
  Recorder* recorder_ = nullptr;
  Symbols* explaining_symbols_ = nullptr;
  mutable std::unique_ptr<Symbols> own_symbols_;
};

}  // namespace interleave::engine
