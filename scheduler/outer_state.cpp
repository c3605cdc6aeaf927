#include <interleave/scheduler/outer_state.hpp>

#include <link.h>
#include <pthread.h>
#include <unwind.h>

#include <algorithm>

#include <interleave/scheduler/framework_code.hpp>

namespace interleave::engine {
namespace {

struct Range {
  std::uintptr_t low = 0, high = 0;
};

// The writable segment of the program itself, less what the loader has made read-only again.
int program_statics(dl_phdr_info* info, std::size_t, void* result) {
  auto& ranges = *static_cast<std::vector<Range>*>(result);
  Range read_only;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    const Range range{info->dlpi_addr + segment.p_vaddr, info->dlpi_addr + segment.p_vaddr + segment.p_memsz};
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) != 0) ranges.push_back(range);
    if (segment.p_type == PT_GNU_RELRO) read_only = range;
  }
  for (Range& range : ranges)
    if (read_only.high > range.low && read_only.high <= range.high) range.low = read_only.high;
  return 1;  // the first is the program
}

// The stack from `frame` up to the first frame of a test framework, whose state is not ours to put back.
Range test_frames(const void* frame) {
  struct Walk {
    std::uintptr_t low, high;
    bool in_framework = false;
  } walk{reinterpret_cast<std::uintptr_t>(frame), 0};
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* data) {
        auto& w = *static_cast<Walk*>(data);
        if (is_framework_code(reinterpret_cast<const void*>(_Unwind_GetIP(context)))) return _URC_END_OF_STACK;
        const std::uintptr_t cfa = _Unwind_GetCFA(context);
        if (cfa > w.low) w.high = cfa;
        return _URC_NO_REASON;
      },
      &walk);
  return {walk.low, std::max(walk.low, walk.high)};
}

}  // namespace

OuterState::OuterState(const void* frame) {
  std::vector<Range> ranges;
  dl_iterate_phdr(&program_statics, &ranges);
  ranges.push_back(test_frames(frame));
  for (const Range& range : ranges) {
    auto* begin = reinterpret_cast<std::uint64_t*>((range.low + 7) & ~std::uintptr_t{7});
    auto* end = reinterpret_cast<std::uint64_t*>(range.high & ~std::uintptr_t{7});
    if (begin < end) areas_.push_back({begin, {begin, end}});
  }
}

void OuterState::restore() {
  ++executions_;
  for (const Word& word : unseen_) *word.place = word.value;
  if (executions_ < next_comparison_) return;
  next_comparison_ *= 2;
  compare();
}

void OuterState::compare() {
  for (const Area& area : areas_) {
    for (std::size_t i = 0; i < area.words.size(); ++i) {
      if (area.begin[i] == area.words[i]) continue;
      area.begin[i] = area.words[i];
      unseen_.push_back({area.begin + i, area.words[i]});
    }
  }
}

}  // namespace interleave::engine
