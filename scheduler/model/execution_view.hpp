// What a strategy may ask of the execution under way.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scheduler/model/state_hash.hpp"

namespace interleave::engine {

class ExecutionView {
 public:
  // How much slack the announced operation of `thread` has now: see OperationType::slack. `unblockable` if nothing can hold it up.
  virtual std::int64_t slack_of(std::uint32_t thread) const = 0;

  // A name of an object that is the same in every process, for statics and for what executions allocate.
  virtual std::uint64_t name_of(const void* object) const = 0;
  // The object of a name.
  virtual const void* named(std::uint64_t name) const = 0;

  // Where the heap of the next execution begins. As long as that address stays, what executions allocate under the same schedule lies at
  // the same addresses.
  virtual std::uintptr_t heap() const = 0;

  // The sum of the state that the execution is in (state_hasher.hpp). Null: states are not kept, in this exploration or not yet.
  virtual const StateHash* state() const = 0;
  // The same sum without the counters of loops that wait and count (liveness/loop_counters.hpp). REQUIRES: states are kept.
  virtual const StateHash& state_modulo_counters() const = 0;
  // Whether the program has such loops.
  virtual bool has_counters() const = 0;
  // How many rounds of such a loop a thread must make before it is given up.
  virtual std::size_t counted_rounds() const = 0;
  // Whether the thread that made the last step stands in such a loop. REQUIRES: states are kept.
  virtual bool counts() const = 0;

 protected:
  ~ExecutionView() = default;
};

}  // namespace interleave::engine
