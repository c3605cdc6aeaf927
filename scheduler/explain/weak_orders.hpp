// Where a program declares atomic operations of a weaker order than seq_cst. The model executes them as sequentially consistent, so a
// pass of such a program assumes that this makes no difference: the report says so, with a place. A program without them needs no such
// assumption: without races it is sequentially consistent by the standard. Fences need no attention: what they order beyond that are
// operations of weaker orders.
//
// The report names the place in the user's own code, and only if two threads access the object. A step knows neither. It notes only the
// address that it was called from, once. An execution in which such an address is new is executed again, and then
// the stacks of operations of weaker orders are kept, and who accesses what. So are the 1st, 4th, 16th, 64th ... execution, as the same
// code may be at work on another object by then. As long as there are addresses whose objects no two threads were seen to access, steps
// note who accesses what as well, and an execution in which two access such an object is executed again, too.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "scheduler/execution/execution.hpp"

namespace interleave::engine {

class WeakOrders {
 public:
  using Stack = std::vector<const void*>;

  // An exploration begins.
  void begin();
  // The running thread has made an atomic operation of this order on the object, called from there.
  void note(int order, const void* caller, const void* object) {
    if (order < asked_below_) [[unlikely]] {
      if (asks_all_ || callers_[slot_of(caller)] != caller) asked(order, caller, object);
    }
  }

  // From now on, `note` says the order of each operation here instead of all else; null: no more.
  void tell(int* order) {
    told_ = order;
    watch_on(watching_);
  }

  // ---- between executions ----
  // Whether the last execution is to be executed again, to be looked at. `ordinal`: which one it was, from 1 on.
  bool wants_to_look(std::uint64_t ordinal) {
    execution_ = ordinal;
    const bool power_of_four = std::has_single_bit(ordinal) && std::countr_zero(ordinal) % 2 == 0;
    return fresh_ || (any_ && power_of_four);
  }
  void begin_look();
  void end_look();
  ExecutionListener& listener() { return accesses_; }  // of the execution that is looked at

  // The stacks, innermost frame first, of the operations with weaker orders on objects that several threads access: the result of all looks.
  const std::set<Stack>& found() const { return found_; }

 private:
  static constexpr std::size_t size = 1024;
  static std::size_t slot_of(const void* address) { return (reinterpret_cast<std::uintptr_t>(address) * 0x9e3779b97f4a7c15ULL) >> 54; }
  static_assert(size == std::size_t{1} << (64 - 54));
  void watch_on(bool on);
  void asked(int order, const void* caller, const void* object);
  void note_anew(const void* caller, const void* object);
  void watch(int order, const void* caller, const void* object);

  // Who accesses what, while an execution is looked at.
  class Accesses final : public ExecutionListener {
   public:
    void performed(Execution& run, const Thread& thread) override;
    std::map<const void*, std::uint32_t> first;  // thread
    std::set<const void*> shared;
  };

  int asked_below_ = __ATOMIC_SEQ_CST;       // only such orders are asked about; while operations are watched, all are
  int* told_ = nullptr;
  bool asks_all_ = false;                    // of callers that are known as well
  bool watching_ = false;                    // there are callers that are not settled
  std::array<const void*, size> callers_{};  // each in its slot, or in the next one that is free
  std::array<const void*, size> kept_{};     // the same, while an execution is looked at and all are to be new
  std::size_t callers_known_ = 0;
  bool fresh_ = false, any_ = false, looking_ = false;
  struct Where {                             // what differs from stack to stack, and costs less to find than a stack
    const void* caller;
    const void* object;
    const void* frame;                       // of the thread that calls, and as deep as it is
    auto operator<=>(const Where&) const = default;
  };
  struct Seen {                              // while an execution is looked at
    Where where;
    Stack stack;
  };
  std::vector<Seen> seen_;
  std::map<Where, unsigned> times_;          // how often it was seen in this execution
  std::set<Where> known_;                    // of all looks: their stacks are among those found
  std::set<const void*> settled_;            // callers that were seen at an object that several threads access
  struct Touch {                             // the first of an object, in an execution
    const void* object = nullptr;
    std::uint64_t execution = 0;
    std::uint32_t thread = 0;
    const void* weak = nullptr;              // a caller of a weaker order that is not settled
  };
  std::array<Touch, size> watched_{};       // the latest of each slot
  std::uint64_t execution_ = 0;              // how many there have been
  std::set<Stack> found_;
  Accesses accesses_;
};

extern WeakOrders weak_orders;

}  // namespace interleave::engine
