// Which calls each thread is in, where their frames lie, and what the registers held that functions preserve. Used only to explain what was
// found: the stack of every announcement is walked.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/execution/execution.hpp"
#include "scheduler/symbols/data_layout.hpp"

namespace interleave::engine {

class StackFrames final : public ExecutionListener {
 public:
  void announced(const Execution&, const Thread&) override;
  void failing(const Execution&, const Thread&) override;

  // The calls of a thread, innermost first, as they stood when it announced what it is about to do, or when the execution failed.
  const std::vector<FrameState>& of(std::uint32_t thread) const;
  // The call in whose frame the address lies; null: in none.
  const FrameState* holding(std::uint32_t thread, std::uintptr_t address) const;

 private:
  static std::vector<FrameState> here();
  std::vector<std::vector<FrameState>> threads_;
};

}  // namespace interleave::engine
