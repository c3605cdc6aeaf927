// What one step does: its type, its object, and the single question that all of partial-order reduction rests on,
// `dependent(a, b)`.
//
// An operation *accesses* at most two objects (a condition wait gives back a mutex and joins a set of waiters). What it does
// to an object is one of five accesses, and the whole dependence table is one line: two accesses to one object commute
// exactly if they are the same and not a write.
//
//     read     a load, a failed compare-exchange, a failed try, a signal that finds nobody
//     post     sem_post: adding commutes with adding
//     share    entering or leaving a reader-writer lock as a reader, which another reader does not notice (but a writer's
//              try does, so this is no read)
//     enqueue  joining a set of waiters: the set has no order
//     write    everything else
#pragma once

#include <cstdint>

#include <interleave/scheduler/observer.hpp>
#include "scheduler/support/hash.hpp"

namespace interleave::engine {

class Execution;
struct Operation;
struct Thread;

enum class Access : std::uint8_t { none, read, post, share, enqueue, write };

enum class When : std::uint8_t { always, done, failed };
constexpr bool applies(When when, bool failed) { return when == When::always || (when == When::failed) == failed; }

constexpr bool commute(Access a, Access b) {
  return a == Access::none || b == Access::none || (a == b && a != Access::write);
}

// One kind of operation. Each family of interposed functions defines its own types (runtime/*.cpp); nothing else lists them.
struct OperationType {
  const char* name;                        // as shown in a trace: "mutex lock"; identifies the type across builds
  Access      access = Access::none;       // what it does to its object
  Access      failed = Access::read;       // the same if it fails: a try, a timeout, a compare-exchange
  // When an operation accesses its second object, if it has one, and when Operation::effect also describes what it does to the second object.
  When        second = When::always, second_effect = When::always;
  bool        waits = false;               // a thread may sleep in it
  // How many candidates this pending operation of `thread` offers now; 0: it cannot proceed. Null: always exactly one.
  // A function of the state of the execution only.
  std::uint32_t (*candidates)(const Execution&, const Thread& thread) = nullptr;
  // For what sleeps until its object is available: how much is available now beyond what it needs; negative: it cannot
  // proceed. Changes by the `effect` of every operation on the object. Null: the object never keeps it waiting.
  std::int64_t (*slack)(const Execution&, const Thread& thread) = nullptr;
  // It asks whether the thread `argument` has ended, so it depends on every operation of that thread: any may be its last.
  bool asks_for_end = false;
  // Operations that commute with each other can keep it waiting, as readers do with a writer.
  bool held_up_by_many = false;
  // For what can fail without waiting: whether this operation of `thread` would, if its object were in `state` (as recorded in
  // Operation::state by the operations on it). Null: it does what it does in any state.
  bool (*fails)(const Operation&, std::uint64_t state, std::uint32_t thread) = nullptr;
  // Who would have to act for it to proceed (holder of a mutex, target of a join), or null.
  const Thread* (*blocker)(const Execution&, const Thread& thread) = nullptr;
  // A loop that waits may be made of it: see spin_detector.hpp.
  bool polls = false;
  // It is announced by doors that note their caller, so the caller's state is known where states are kept: see state_hasher.hpp.
  bool noted = polls;
  std::uint32_t bytes = 0;                 // of the object, if it is more than the operation touches (Operation::size)
  bool shows_value = false;                // `argument` is a value worth showing
  const char* noun = nullptr;              // what the object is called; null: the first word of the name
  const char* failure = "failed";          // what is said of one that fails; empty if its name says it
  std::uintptr_t inside = 0;               // offset of its object behind the object that a reader is shown
  // How it is shown, of one performed or of a thread asleep in it. Null: by its name.
  const char* (*shown)(const Operation&, bool asleep) = nullptr;
  // For observers, which judge by it: what it does to its object, and to its second object; how it holds what it takes or gives; and
  // whether it may give up instead of waiting for ever.
  OperationClass does = OperationClass::other, does_to_second = OperationClass::other;
  Hold        hold = Hold::exclusive;
  bool        tries = false;
  std::uint32_t hash = interleave::hashes::fnv1a_32(name);
};

struct Operation {
  const OperationType* type = nullptr;
  const void*   object = nullptr;          // null: local, commutes with everything
  std::uint32_t size = 1;                  // bytes of the object that it touches
  bool          failed = false;            // set when performed
  Access        second_access = Access::none;
  const void*   second = nullptr;          // a second object, if any
  std::uint32_t second_size = 1;
  std::int32_t  effect = 0;                // set when performed: what it added to the availability of what it does not just read
  std::uint64_t state = 0;                 // set when performed: of its object before it, as far as failing depends on it
  std::uint64_t second_state = 0;          // the same of the second object; what a compare-exchange expects
  std::uint64_t argument = 0;              // of the operation: a deadline, a count, an expected value

  Access access() const { return failed ? type->failed : type->access; }
  std::uint32_t bytes() const { return type->bytes != 0 ? type->bytes : size; }  // of the object, as far as they matter to it
  bool accesses_second() const { return second != nullptr && applies(type->second, failed); }
};

// Slack of an operation that its object never keeps waiting.
inline constexpr std::int64_t unblockable = std::int64_t{1} << 40;

// One of the at most two accesses of an operation.
struct Touch {
  std::uintptr_t address = 0;  // 0: none
  std::uint32_t  size = 1;
  Access         access = Access::none;
};

inline Touch first_touch(const Operation& op) {
  return {reinterpret_cast<std::uintptr_t>(op.object), op.size, op.object == nullptr ? Access::none : op.access()};
}

inline Touch second_touch(const Operation& op) {
  return {reinterpret_cast<std::uintptr_t>(op.second), op.second_size, op.accesses_second() ? op.second_access : Access::none};
}

inline bool dependent(const Touch& a, const Touch& b) {
  return a.address < b.address + b.size && b.address < a.address + a.size && !commute(a.access, b.access);
}

// Whether the order of two performed operations of different threads matters.
inline bool dependent(const Operation& a, const Operation& b) {
  const Touch a1 = first_touch(a), a2 = second_touch(a), b1 = first_touch(b), b2 = second_touch(b);
  return dependent(a1, b1) || dependent(a1, b2) || dependent(a2, b1) || dependent(a2, b2);
}

}  // namespace interleave::engine
