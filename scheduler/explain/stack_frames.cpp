#include "scheduler/explain/stack_frames.hpp"

#include <unwind.h>

#include <algorithm>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/memory/memory.hpp"

namespace interleave::engine {

std::vector<FrameState> StackFrames::here() {
  std::vector<FrameState> frames;
  constexpr std::size_t needed = std::size_t{8} << 10;
  if (memory->stack_room() < needed) return frames;
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* to) {
        auto& list = *static_cast<std::vector<FrameState>*>(to);
        FrameState frame{.return_address = reinterpret_cast<const void*>(_Unwind_GetIP(context)), .stack_pointer = _Unwind_GetCFA(context)};
        for (const int preserved : {3, 6, 12, 13, 14, 15})
          frame.registers[static_cast<std::size_t>(preserved)] = _Unwind_GetGR(context, preserved);
        if (!list.empty()) list.back().canonical_address = frame.stack_pointer;
        list.push_back(frame);
        return list.size() < 128 ? _URC_NO_REASON : _URC_END_OF_STACK;
      },
      &frames);
  return frames;
}

void StackFrames::announced(const Execution&, const Thread& thread) {
  if (threads_.size() <= thread.id) threads_.resize(thread.id + 1);
  threads_[thread.id] = here();
}

// The running thread has gone on since its announcement. After a crash its stack may be anything.
void StackFrames::failing(const Execution& run, const Thread& thread) {
  if (kind_of(run.outcome().violation.kind) != FailureKind::crash) announced(run, thread);
}

const std::vector<FrameState>& StackFrames::of(std::uint32_t thread) const {
  static const std::vector<FrameState> none;
  return thread < threads_.size() ? threads_[thread] : none;
}

const FrameState* StackFrames::holding(std::uint32_t thread, std::uintptr_t address) const {
  for (const FrameState& frame : of(thread))
    if (address >= frame.stack_pointer && address < frame.canonical_address) return &frame;
  return nullptr;
}

}  // namespace interleave::engine
