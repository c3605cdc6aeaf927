// The state outside the executions that code without instrumentation may change: library code called by the program writes
// to the program's static storage and captured objects without a hook (std::string's out-of-line members, std::cout, which
// is copied into the program's .bss).
//
// Before the first execution the program's writable static storage and the stack frames of the test are copied; after the
// first, second, fourth, eighth ... execution, rollback done, they are compared with the copy. Words that differ were
// written unseen: they are put back then, and after every execution from there on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace interleave::engine {

class OuterState {
 public:
  // `frame`: where the stack of the caller of the exploration begins.
  explicit OuterState(const void* frame);

  // After each execution.
  void restore();

 private:
  struct Area {
    std::uint64_t* begin;
    std::vector<std::uint64_t> words;
  };
  struct Word {
    std::uint64_t* place;
    std::uint64_t  value;
  };

  void compare();

  std::vector<Area> areas_;
  std::vector<Word> unseen_;
  std::uint64_t executions_ = 0, next_comparison_ = 1;
};

}  // namespace interleave::engine
