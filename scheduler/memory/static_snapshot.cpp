#include "scheduler/memory/static_snapshot.hpp"

#include <link.h>
#include <pthread.h>
#include <unwind.h>

#include <algorithm>

#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/modules/dynamic_section.hpp"
#include "scheduler/modules/unseen_activity.hpp"
#include "scheduler/modules/unseen_code.hpp"

namespace interleave::engine {
namespace {

struct Range {
  std::uintptr_t low = 0, high = 0;
};

// The table of function addresses that the loader fills in at the first call of each.
Range lazy_bindings(const DynamicSection& section) {
  const std::uintptr_t low = section.address(DT_PLTGOT);
  return low == 0 ? Range{} : Range{low, low + (3 + section.value(DT_PLTRELSZ) / sizeof(ElfW(Rela))) * sizeof(void*)};
}

void cut_out(std::vector<Range>& ranges, const Range& hole) {
  std::vector<Range> rest;
  for (const Range& range : ranges) {
    const Range before{range.low, std::clamp(hole.low, range.low, range.high)};
    const Range after{std::clamp(hole.high, range.low, range.high), range.high};
    if (hole.low >= hole.high || (before.high == range.low && after.low == range.low)) {
      rest.push_back(range);
      continue;
    }
    if (before.low < before.high) rest.push_back(before);
    if (after.low < after.high) rest.push_back(after);
  }
  ranges = std::move(rest);
}

// The writable segments of the program itself, and of modules that are not instrumented, less what the loader has made read-only again
// or fills in as the program runs.
int statics(dl_phdr_info* info, std::size_t, void* result) {
  auto& all = *static_cast<std::vector<Range>*>(result);
  const bool program = all.empty();
  if (!program && !is_unseen_module(info->dlpi_addr)) return 0;
  std::vector<Range> ranges, holes;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    const Range range{info->dlpi_addr + segment.p_vaddr, info->dlpi_addr + segment.p_vaddr + segment.p_memsz};
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) != 0) ranges.push_back(range);
    if (segment.p_type == PT_GNU_RELRO) holes.push_back(range);
  }
  holes.push_back(lazy_bindings(DynamicSection(*info)));
  for (const Range& hole : holes) cut_out(ranges, hole);
  all.insert(all.end(), ranges.begin(), ranges.end());
  return 0;
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

StaticSnapshot::StaticSnapshot(const void* frame, const Places& unseen) {
  for (std::uint64_t* place : unseen) unseen_.push_back({place, *place});
  std::vector<Range> ranges;
  dl_iterate_phdr(&statics, &ranges);
  ranges.push_back(test_frames(frame));
  for (const Range& range : ranges) {
    auto* begin = reinterpret_cast<std::uint64_t*>((range.low + 7) & ~std::uintptr_t{7});
    auto* end = reinterpret_cast<std::uint64_t*>(range.high & ~std::uintptr_t{7});
    if (begin < end) areas_.push_back({begin, {begin, end}});
  }
}

void StaticSnapshot::restore() {
  ++executions_;
  for (const Word& word : unseen_) *word.place = word.value;
  if (executions_ < next_comparison_ && !unseen_activity.ran) return;
  if (executions_ >= next_comparison_) next_comparison_ *= 2;
  compare();
}

void StaticSnapshot::compare() {
  const bool at_once = executions_ <= compared_ + 1;
  compared_ = executions_;
  for (const Area& area : areas_) {
    for (std::size_t i = 0; i < area.words.size(); ++i) {
      if (area.begin[i] == area.words[i] || framework_owns(area.begin + i)) continue;
      area.begin[i] = area.words[i];
      unseen_.push_back({area.begin + i, area.words[i]});
      misled_ |= !at_once;
    }
  }
}

StaticSnapshot::Places StaticSnapshot::unseen() const {
  Places places;
  for (const Word& word : unseen_) places.push_back(word.place);
  return places;
}

}  // namespace interleave::engine
