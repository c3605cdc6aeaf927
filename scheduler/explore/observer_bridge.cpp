#include "scheduler/explore/observer_bridge.hpp"

#include <algorithm>
#include <utility>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/explain/recorder.hpp"
#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/memory/stack_walk.hpp"

namespace interleave::engine {

ObserverBridge::ObserverBridge(const Options& options) : observers_(options.observers) {
  for (auto& checker : hooks::Checker::observers(options.checks)) observers_.push_back(std::move(checker));
  notes_places_ = std::any_of(observers_.begin(), observers_.end(), [](const auto& each) { return each->wants_places(); });
}

void ObserverBridge::begin() {
  objected_ = false;
  if (!watches()) return;
  run_ = nullptr;
  stacks_.clear();
  const FrameworkFrame frame;
  for (const auto& observer : observers_) observer->begin_execution();
}

void ObserverBridge::announced(const Execution&, const Thread& thread) {
  if (!notes_places_) return;
  if (announced_.size() <= thread.id) announced_.resize(thread.id + 1);
  announced_[thread.id] = stack_here();
}

void ObserverBridge::performed(Execution& run, const Thread& thread) {
  run_ = &run;
  if (notes_places_) {
    stacks_.resize(run.steps());
    if (thread.id < announced_.size()) stacks_[run.steps() - 1] = announced_[thread.id];
  }
  const Operation& op = thread.pending;
  const OperationType& type = *op.type;
  const bool second = type.does_to_second != OperationClass::other;
  const ObservedStep step{.step = run.steps(),
                          .thread = thread.id,
                          .operation = type.shown != nullptr ? type.shown(op, false) : type.name,
                          .object = op.object == nullptr ? nullptr : static_cast<const char*>(op.object) - type.inside,
                          .succeeded = !op.failed,
                          .choice = thread.variant,
                          .does = type.does,
                          .hold = type.hold,
                          .tries = type.tries,
                          .size = op.bytes(),
                          .second = second ? op.second : nullptr,
                          .does_to_second = type.does_to_second,
                          .source = this};
  std::optional<Objection> objection;
  {
    const FrameworkFrame frame;
    for (const auto& observer : observers_)
      if (!objection) objection = observer->on_step(step);
  }
  if (!objection) return;
  objected_ |= !run.outcome().failed;
  run.fail_without_culprit(std::move(objection->kind), std::move(objection->message));
}

void ObserverBridge::life(const void* object, std::size_t size) {
  const FrameworkFrame frame;
  for (const auto& observer : observers_) observer->on_life(object, size);
}

std::optional<Objection> ObserverBridge::end() {
  if (!watches()) return std::nullopt;
  const FrameworkFrame frame;
  for (const auto& observer : observers_)
    if (auto objection = observer->end_execution()) {
      objected_ = true;
      return objection;
    }
  return std::nullopt;
}

Symbols& ObserverBridge::symbols() const {
  if (explaining_symbols_ != nullptr) return *explaining_symbols_;
  if (own_symbols_ == nullptr) own_symbols_ = std::make_unique<Symbols>();
  return *own_symbols_;
}

// On the stack of a thread of the program's there may be too little room for reading debug information.
bool ObserverBridge::may_look_up() const {
  constexpr std::size_t needed = std::size_t{64} << 10;
  return run_ == nullptr || !run_->on_fiber() || memory->stack_room() >= needed;
}

std::string ObserverBridge::place(std::size_t step) const {
  if (!may_look_up()) return "";
  if (recorder_ != nullptr) return symbols().place(recorder_->stack_of(step));
  return step - 1 < stacks_.size() ? symbols().place(stacks_[step - 1]) : "";
}

std::string ObserverBridge::thread_name(std::uint32_t thread) const {
  return run_ != nullptr && thread < run_->threads_created() ? name_of(run_->thread(thread)) : "";
}

std::string ObserverBridge::object_name(const void* object) const {
  if (recorder_ != nullptr)
    if (std::string name = recorder_->known_name(object); !name.empty()) return name;
  if (recorder_ != nullptr && run_ != nullptr && run_->on_fiber() && may_look_up())
    if (std::string name = recorder_->name_now(*run_, object); !name.empty()) return name;
  std::string name = symbols().object_name(object);
  return name.empty() ? "an object" : name;
}

}  // namespace interleave::engine
