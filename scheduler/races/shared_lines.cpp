#include "scheduler/races/shared_lines.hpp"

#include <algorithm>
#include <utility>

#include "scheduler/memory/memory.hpp"

namespace interleave::engine {
namespace {

constexpr std::size_t line_size = 64;

}  // namespace

SharedLines* shared_lines = nullptr;

void SharedLines::begin() {
  if (times_ == 0) use({});
}

void SharedLines::use(std::vector<StackLine> lines) {
  Memory::instance();
  in_use_ = true;
  lines_ = std::move(lines);
  std::sort(lines_.begin(), lines_.end());
  bits_.clear();
  const std::size_t of_stack = memory->slot_size() / line_size;
  for (const StackLine& line : lines_) {
    if (line.stack >= memory->stacks_max() || line.from_top >= of_stack) continue;  // of a machine with other limits
    if (line.stack >= bits_.size()) bits_.resize(line.stack + 1);
    std::vector<std::uint64_t>& bits = bits_[line.stack];
    if (bits.empty()) bits.resize(of_stack / 64 + 1);
    bits[line.from_top / 64] |= std::uint64_t{1} << line.from_top % 64;
  }
}

bool SharedLines::contains(std::uintptr_t line) const {
  const std::size_t of_stack = memory->slot_size() / line_size;
  const std::size_t stack = line / of_stack, from_top = of_stack - 1 - line % of_stack;
  return stack < bits_.size() && !bits_[stack].empty() && (bits_[stack][from_top / 64] >> from_top % 64 & 1) != 0;
}

bool SharedLines::keeps_private(const void* p, std::size_t size) const {
  if (!in_use_ || size == 0 || !memory->on_own_stack(p, size)) return false;
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(p) - memory->base();
  for (std::uintptr_t line = begin / line_size; line <= (begin + size - 1) / line_size; ++line)
    if (contains(line)) return false;
  return true;
}

void SharedLines::note_used(const void* p, std::size_t size) {
  const std::size_t stack = memory->stack_of(p);
  if (stack == memory->stacks_max() || memory->on_own_stack(p, 1)) return;
  const std::size_t of_stack = memory->slot_size() / line_size;
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(p) - memory->base();
  const std::uintptr_t last = std::min((begin + size - 1) / line_size, (stack + 1) * of_stack - 1);  // the size may be more than the object has
  for (std::uintptr_t line = begin / line_size; line <= last; ++line) {
    const StackLine found{static_cast<std::uint32_t>(line / of_stack), static_cast<std::uint32_t>(of_stack - 1 - line % of_stack)};
    if (contains(line) || std::find(new_.begin(), new_.end(), found) != new_.end()) continue;
    const EngineScope engine;
    new_.push_back(found);
  }
}

void SharedLines::learn() {
  constexpr unsigned times_max = 16;
  if (new_.empty()) return;
  if (++times_ > times_max) {
    in_use_ = false;
  } else {
    std::vector<StackLine> all = lines_;
    all.insert(all.end(), new_.begin(), new_.end());
    use(std::move(all));
  }
  new_.clear();
}

}  // namespace interleave::engine
