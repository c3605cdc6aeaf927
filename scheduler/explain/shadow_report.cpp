// What the shadow found, for a reader: the object, both accesses and where their threads were, what became of the block.
#include <algorithm>
#include <cassert>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "scheduler/execution/execution.hpp"
#include "scheduler/explain/named_objects.hpp"
#include "scheduler/explain/recorder.hpp"
#include "scheduler/fibers/tls_block.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/symbols/stack_text.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {
namespace {

constexpr std::size_t frames_max = 3;  // of a stack: both fit on a screen

std::string_view plural(std::size_t n) { return n == 1 ? "" : "s"; }

std::string after_mark(std::string_view mark, const std::string& text) { return text.empty() ? "" : std::string(mark) + text; }

}  // namespace

Shadow::Block* Shadow::block_around(std::uintptr_t address) {
  // A block is found also by the bytes before and behind it that are dead on its account.
  const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& block) {
    return address + 16 >= block.begin && address < ((block.begin + block.size + 15) & ~std::uintptr_t{15}) + 16;
  });
  // Bytes between two blocks belong to either; the one that they lie behind is the likelier culprit.
  const auto inside = std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& block) {
    return address >= block.begin && address < ((block.begin + block.size + 15) & ~std::uintptr_t{15}) + 16;
  });
  return inside != blocks_.rend() ? &*inside : found != blocks_.rend() ? &*found : nullptr;
}

std::string Shadow::describe_block(Symbols& symbols, const Execution& run, std::uintptr_t address) {
  assert(explains_);
  const Block* block = block_around(address);
  if (block == nullptr) return "a block";
  return fmt::format("a block of {} byte{}, allocated by {} at {}", block->size, plural(block->size), name_of(run.thread(block->thread)),
                     stack_text(symbols, stacks_[block->where], frames_max));
}

std::string Shadow::known_at(std::uintptr_t address, Symbols& symbols, const Execution& run, NamedObjects& names) {
  assert(explains_);
  const auto where = [&](std::uint32_t stack) { return stack_text(symbols, stacks_[stack], frames_max); };
  const auto by = [&](std::uint32_t thread) { return name_of(run.thread(thread)); };
  const auto* object = reinterpret_cast<const void*>(address);
  if (const std::size_t of = tls_blocks::owner(address); of < run.threads_created())
    return fmt::format("a thread_local variable of {}{}", by(static_cast<std::uint32_t>(of)),
                       after_mark(": ", names.thread_local_name(object, 0)));
  if (!memory->contains(object))
    if (const std::string global = names.name(object, 0); !global.empty()) return "the variable " + global;
  if (const Block* block = block_around(address)) {
    const std::uintptr_t end = block->begin + block->size;
    const std::string of = fmt::format("a block of {} byte{}", block->size, plural(block->size));
    const std::uintptr_t beyond = address < block->begin ? block->begin - address : address - end + 1;
    const std::string name = address >= block->begin && address < end ? names.name(object, 0) : "";
    std::string text = name.empty() ? "" : name + ", ";
    text += address >= block->begin && address < end
                           ? fmt::format("byte {} of {}", address - block->begin, of)
                           : fmt::format("{} byte{} {} {}", beyond, plural(beyond), address < block->begin ? "before" : "behind", of);
    text += fmt::format(", allocated by {} at {}", by(block->thread), where(block->where));
    if (block->freed_where != none) text += fmt::format(", freed by {} at {}", by(block->freed_by), where(block->freed_where));
    return text;
  }
  const std::size_t owner = memory->stack_of(object);
  if (owner >= run.threads_created()) return {};
  const std::string variable = names.described(object, 0);
  return variable.empty() ? std::string() : fmt::format("{} on the stack of {}", variable, by(static_cast<std::uint32_t>(owner)));
}

// Where the access fell: what is known of it, or at least whose it is.
std::string Shadow::object_at(std::uintptr_t address, Symbols& symbols, const Execution& run, NamedObjects& names) {
  if (std::string known = known_at(address, symbols, run, names); !known.empty()) return known;
  const std::size_t owner = memory->stack_of(reinterpret_cast<const void*>(address));
  if (owner >= run.threads_created()) return "memory from before the execution";
  return fmt::format("a variable on the stack of {}", name_of(run.thread(static_cast<std::uint32_t>(owner))));
}

std::array<std::span<const void* const>, 2> Shadow::found_at() const {
  assert(explains_);
  const auto ends = [](const Entry& entry) { return (entry.kind & (freeing | destroying)) != 0; };
  const Entry& now = found_.now;
  const Entry& before = found_.before.mask != 0 ? found_.before : now;
  return {stacks_[(ends(now) ? before : now).where], stacks_[(ends(before) ? now : before).where]};
}

std::vector<Shadow::Told> Shadow::told() {
  assert(explains_);
  const auto of = [&](const Entry& entry) {
    const bool ends = (entry.kind & (freeing | destroying)) != 0, writes = (entry.kind & writing) != 0;
    return Told{.thread = entry.thread,
                .what = (entry.kind & freeing) != 0      ? "free"
                        : (entry.kind & destroying) != 0 ? "destroy"
                        : (entry.kind & by_door) != 0    ? "use"
                        : writes                         ? "write"
                                                         : "read",
                .does = ends ? OperationClass::ends : writes ? OperationClass::writes : OperationClass::reads,
                .is_step = !ends && (entry.kind & (atomically | by_door)) != 0,
                .address = found_.address,
                .moment = moments_[entry.where],
                .stack = stacks_[entry.where]};
  };
  std::vector<Told> all;
  if (found_.before.mask != 0) {
    all = {of(found_.before), of(found_.now)};
  } else {
    if (const Block* block = block_around(found_.address); block != nullptr && block->freed_where != none)
      all.push_back({.thread = block->freed_by, .what = "free", .does = OperationClass::ends, .address = found_.address,
                     .moment = moments_[block->freed_where], .stack = stacks_[block->freed_where]});
    all.push_back(of(found_.now));
    if (const std::string_view kind = found_.kind; kind.ends_with("-free") && kind != "use-after-free") {
      all.back().what = "free";
      all.back().does = OperationClass::ends;
    }
  }
  return all;
}

std::string Shadow::describe(Symbols& symbols, const Execution& run, NamedObjects& names) {
  assert(explains_);
  const std::string object = object_at(found_.address, symbols, run, names);
  const auto where = [&](const Entry& entry) { return stack_text(symbols, stacks_[entry.where], frames_max); };
  const auto part = [&](const Entry& entry) {
    const bool writes = (entry.kind & writing) != 0;
    const char* what = (entry.kind & by_door) != 0      ? "used"
                       : (entry.kind & freeing) != 0    ? "freed"
                       : (entry.kind & destroying) != 0 ? "destroyed"
                       : (entry.kind & atomically) != 0 ? (writes ? "atomic write" : "atomic read")
                                                        : (writes ? "write" : "read");
    return fmt::format("{} by {} at {}", what, name_of(run.thread(entry.thread)), where(entry));
  };
  const std::string_view kind = found_.kind;
  if (found_.before.mask != 0)
    return fmt::format("{}\n  {}\n  {}\n  {}", object, part(found_.before), part(found_.now), found_.how.empty() ? "nothing orders them" : found_.how);
  if (kind == "double-free" || kind == "invalid-free")
    return fmt::format("{} frees {}\n  at {}{}", name_of(run.thread(found_.now.thread)), object, where(found_.now),
                       kind == "double-free" ? ", once more" : ", which is not the beginning of a block");
  if (kind == "mismatched-free")
    return fmt::format("{} frees {}\n  at {}, {}", name_of(run.thread(found_.now.thread)), describe_block(symbols, run, found_.address),
                       where(found_.now), found_.how);
  return fmt::format("{}\n  {}", object, part(found_.now));
}

}  // namespace interleave::engine
