// What the shadow has found and the user wants to be set aside (suppressions.hpp): the execution then goes on as if it had not been found.
#include "scheduler/races/shadow.hpp"

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "scheduler/memory/memory.hpp"
#include "scheduler/report/suppressions.hpp"

namespace interleave::engine {

bool Shadow::found(Found found) {
  if (suppresses_ && suppressions::meant_for(found.kind)) {
    const bool one_stack = found.before.mask == 0;
    const std::uint32_t before = one_stack ? found.now.where : found.before.where;
    const auto* const object = reinterpret_cast<const void*>(found.address);
    const bool has_name = !memory->contains(object);
    const auto [known, is_new] = decided_.try_emplace({found.kind, before, found.now.where, has_name ? found.address : 0}, false);
    if (is_new) {
      const std::array<std::span<const void* const>, 2> stacks{stacks_[found.now.where], stacks_[before]};
      known->second = suppressions::set_aside({.kind = found.kind, .stacks = std::span(stacks).first(one_stack ? 1 : 2),
                                               .objects = std::span(&object, has_name ? 1 : 0)});
    }
    if (known->second) return true;
  }
  found_ = std::move(found);
  return false;
}

bool Shadow::insert_each(std::uint32_t thread, Cell& place, std::uintptr_t word, Entry now) {
  const Count* const past = clock(thread);
  now.where = remember_stack();
  if (place.read_mask != 0) list_reads(place);
  std::vector<Entry> entries(place.entries.begin(), place.entries.begin() + place.size);
  if (place.more != none) entries.insert(entries.end(), more_[place.more].begin(), more_[place.more].end());
  for (const Entry& before : entries)
    if (before.thread == now.thread && before.count == now.count && before.where == now.where && stands_for(before, now)) return true;
  for (const Entry& before : entries) {
    const bool clashes = ((before.kind | now.kind) & writing) != 0 && (before.kind & now.kind & atomically) == 0 && (before.mask & now.mask) != 0 &&
                         before.count > past[before.thread];
    if (clashes && !is_benign(word, before.mask & now.mask) && !met_race(word, before, now)) return false;
  }
  std::erase_if(entries, [&](const Entry& before) { return before.count <= past[before.thread] && before.where == now.where && stands_for(now, before); });
  entries.insert(entries.begin(), now);
  place.size = 0;
  if (place.more != none) more_[place.more].clear();
  for (const Entry& entry : entries) add(place, entry);
  return true;
}

bool Shadow::leak_set_aside(std::uintptr_t block) {
  const Block* const known = suppresses_ ? block_around(block) : nullptr;
  if (known == nullptr) return false;
  const std::span<const void* const> stack = stacks_[known->where];
  return suppressions::set_aside({.kind = "leak", .stacks = {&stack, 1}, .objects = {}});
}

}  // namespace interleave::engine
