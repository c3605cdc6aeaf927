// What a strategy can ask of an execution, where there is none: for tests that drive strategies by hand.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scheduler/model/execution_view.hpp"
#include "scheduler/model/operation.hpp"
#include "scheduler/model/state_hash.hpp"

namespace interleave::engine {

// The name of an object is its address, no thread is ever blocked, and states are not kept.
class View : public ExecutionView {
 public:
  std::int64_t slack_of(std::uint32_t) const override { return unblockable; }
  std::uint64_t name_of(const void* object) const override { return reinterpret_cast<std::uintptr_t>(object); }
  const void* named(std::uint64_t name) const override { return reinterpret_cast<const void*>(name); }
  std::uintptr_t heap() const override { return 0; }
  const StateHash* state() const override { return nullptr; }
  const StateHash& state_modulo_counters() const override { return nothing_; }
  bool has_counters() const override { return false; }
  std::size_t counted_rounds() const override { return 0; }
  bool counts() const override { return false; }

 private:
  StateHash nothing_;
};

}  // namespace interleave::engine
