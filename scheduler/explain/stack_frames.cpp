#include "scheduler/explain/stack_frames.hpp"

#include <unwind.h>

#include <algorithm>

#include <fmt/format.h>

#include "scheduler/races/shadow.hpp"
#include "scheduler/symbols/local_variable.hpp"
#include "scheduler/symbols/stack_text.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {

std::vector<StackFrames::Frame> StackFrames::here() {
  std::vector<Frame> frames;
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* to) {
        constexpr int rbp = 6;  // as DWARF numbers registers
        auto& list = *static_cast<std::vector<Frame>*>(to);
        list.push_back({reinterpret_cast<const void*>(_Unwind_GetIP(context)), _Unwind_GetCFA(context), _Unwind_GetGR(context, rbp)});
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
  if (shadow != nullptr && run.outcome().violation.kind == shadow->found()) announced(run, thread);
}

std::string StackFrames::variable(Symbols& symbols, std::uint32_t thread, std::uintptr_t address) const {
  if (thread >= threads_.size()) return {};
  const std::vector<Frame>& frames = threads_[thread];
  const auto caller = std::find_if(frames.begin(), frames.end(), [&](const Frame& frame) { return frame.low > address; });
  if (caller == frames.begin() || caller == frames.end()) return {};
  const Frame& frame = *(caller - 1);
  const LocalVariable found = local_variable(symbols, {frame.address, frame.low, frame.base, caller->low}, address);
  if (!found.name.empty())
    return fmt::format("{}{} in {}", found.name, found.offset == 0 ? "" : fmt::format("+{}", found.offset), reader_name(found.function));
  const std::string& function = symbols.frames(frame.address).back().function;
  return function.empty() ? std::string() : fmt::format("a variable in {}", reader_name(function));
}

}  // namespace interleave::engine
