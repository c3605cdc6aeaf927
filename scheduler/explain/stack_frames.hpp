// Where in memory each function of a thread has its variables, and what they are called. Used only to explain what was found in
// memory: the stack of every announcement is walked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/execution/execution.hpp"

namespace interleave {
class Symbols;
}

namespace interleave::engine {

class StackFrames final : public ExecutionListener {
 public:
  void announced(const Execution&, const Thread&) override;
  void failing(const Execution&, const Thread&) override;

  // The variable of the thread's stack that holds the address: "x in transfer", "row+8 in fill"; "a variable in fill" where debug
  // information does not say which; empty if no function of the program's has a frame there.
  std::string variable(Symbols& symbols, std::uint32_t thread, std::uintptr_t address) const;

 private:
  struct Frame {              // from `low` to that of its caller
    const void* address;      // to which the function that it called returns
    std::uintptr_t low, base; // the stack pointer at that call, and what the frame's register rbp held
  };
  static std::vector<Frame> here();
  std::vector<std::vector<Frame>> threads_;  // innermost first, as each stood when it announced what it is about to do
};

}  // namespace interleave::engine
