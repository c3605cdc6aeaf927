// The state outside the executions that code without instrumentation may change: library code called by the program writes
// to the program's static storage and captured objects without a hook (std::string's out-of-line members, std::cout, which
// is copied into the program's .bss).
//
// Before the first execution the program's writable static storage and the stack frames of the test are copied; after the
// first, second, fourth, eighth ... execution, and the last, rollback done, they are compared with the copy. Words that differ
// were written unseen: they are put back then, and after every execution from there on. Those that were written in an execution
// after which nothing was compared may have misled the executions that followed: the exploration begins anew, knowing them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace interleave::engine {

class StaticSnapshot {
 public:
  using Places = std::vector<std::uint64_t*>;

  // `frame`: where the stack of the caller of the exploration begins. `unseen`: words that are known to be written unseen.
  StaticSnapshot(const void* frame, const Places& unseen);

  // After each execution.
  void restore();
  // After the last.
  void compare();

  // Whether an execution may have begun with what another one left behind.
  bool misled() const { return misled_; }
  Places unseen() const;

 private:
  struct Area {
    std::uint64_t* begin;
    std::vector<std::uint64_t> words;
  };
  struct Word {
    std::uint64_t* place;
    std::uint64_t  value;
  };

  std::vector<Area> areas_;
  std::vector<Word> unseen_;
  std::uint64_t executions_ = 0, next_comparison_ = 1, compared_ = 0;  // after which execution
  bool misled_ = false;
};

}  // namespace interleave::engine
