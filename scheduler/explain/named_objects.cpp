#include "scheduler/explain/named_objects.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "scheduler/explain/recorder.hpp"
#include "scheduler/fibers/tls_block.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/memory/stack_walk.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/symbols/stack_text.hpp"

namespace interleave::engine {
namespace {

constexpr unsigned depth_max = 6;                // of chains of pointers
constexpr std::size_t elements_max = 64, spans_max = 20'000, in_block_max = 8;
constexpr std::size_t snapshots_max = 512, snapshot_frames = 16, snapshot_words = 768;

std::uintptr_t number_of(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

// "std::thread::_Invoker<...>::operator()": of the standard library, or a name that is reserved for it.
bool is_standard(std::string_view function) {
  return function.starts_with("std::") || function.starts_with("__gnu_cxx::") || function.find(" std::") < function.find('(');
}
bool is_reserved(std::string_view name) { return name.starts_with("__") || name.starts_with("_M_"); }

constexpr std::string_view element = "an element of ";

}  // namespace

// ---- notes ----------------------------------------------------------------------------------------------------------

std::uint32_t NamedObjects::sight(const Thread& thread, const void* object) {
  const std::uintptr_t address = number_of(object);
  if (object == nullptr || !memory->contains(object)) return now;
  if (!memory->in_arena(object)) {
    const FrameState* frame = frames_.holding(static_cast<std::uint32_t>(memory->stack_of(object)), address);
    if (frame == nullptr) return now;
    const auto [known, fresh] =
        held_at_.try_emplace({frame->return_address, frame->canonical_address}, static_cast<std::uint32_t>(held_.size()));
    if (fresh) held_.push_back(*frame);
    return known->second;
  }
  if (snapshots_.size() == snapshots_max || !met_.insert({thread.id, object}).second) return now;
  const std::vector<FrameState>& frames = frames_.of(thread.id);
  const auto program = std::find_if(frames.begin(), frames.end(), [](const FrameState& f) { return !is_engine_code(f.return_address); });
  if (program == frames.end()) return now;
  const auto last = frames.begin() + std::min<std::ptrdiff_t>(frames.end() - frames.begin(),
                                                              program - frames.begin() + static_cast<std::ptrdiff_t>(snapshot_frames));
  Snapshot snapshot{.thread = thread.id, .object = address, .begin = program->stack_pointer, .frames = {program, last}, .words = {}};
  std::uintptr_t end = snapshot.begin;
  for (const FrameState& frame : snapshot.frames) end = std::max(end, frame.canonical_address);
  const std::size_t words = std::min<std::size_t>((end - snapshot.begin) / sizeof(std::uintptr_t), snapshot_words);
  snapshot.words.resize(words);
  if (words > 0) std::memcpy(snapshot.words.data(), reinterpret_cast<const void*>(snapshot.begin), words * sizeof(std::uintptr_t));
  snapshots_.push_back(std::move(snapshot));
  return now;
}

// ---- chains of pointers ---------------------------------------------------------------------------------------------

// The kernel reads for us: what debug information says of optimised code may be wrong, and must not crash.
std::optional<std::uintptr_t> NamedObjects::read(std::uintptr_t address, const Snapshot* snapshot) const {
  if (snapshot != nullptr && address >= snapshot->begin && address % sizeof(std::uintptr_t) == 0) {
    const std::size_t word = (address - snapshot->begin) / sizeof(std::uintptr_t);
    if (word < snapshot->words.size()) return snapshot->words[word];
  }
  std::uintptr_t value = 0;
  const iovec to{&value, sizeof value}, from{reinterpret_cast<void*>(address), sizeof value};
  return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == static_cast<ssize_t>(sizeof value) ? std::optional(value) : std::nullopt;
}

std::string NamedObjects::joined(const std::string& name, const char* join, const std::string& part) {
  const bool arrow = std::strcmp(join, "->") == 0;
  if (part.empty()) return arrow ? "*" + name : name;
  if (part.front() == '.') {
    if (*join == '\0' && name.empty()) return part.substr(1);
    return arrow ? name + "->" + part.substr(1) : name + part;
  }
  return arrow ? "(*" + name + ")" + part : name + part;
}

// blocks_.end(): none holds the address.
std::map<std::uintptr_t, NamedObjects::Block>::iterator NamedObjects::block_at(std::uintptr_t address) {
  auto block = blocks_.upper_bound(address);
  if (block == blocks_.begin()) return blocks_.end();
  --block;
  return address - block->first < std::max<std::size_t>(block->second.size, 1) ? block : blocks_.end();
}

// What has a name comes before what has none.
const NamedObjects::Span* NamedObjects::span_at(std::uintptr_t address) {
  const auto block = block_at(address);
  if (block == blocks_.end()) return nullptr;
  const Span* best = nullptr;
  for (const std::size_t each : block->second.spans) {
    const Span& span = spans_[each];
    if (address >= span.begin && address < span.end && (best == nullptr || (best->name.empty() && !span.name.empty()))) best = &span;
  }
  return best;
}

void NamedObjects::follow(std::uintptr_t value, const PointerMember& pointer, const std::string& name, unsigned depth) {
  if (depth > depth_max || spans_.size() >= spans_max || !memory->in_arena(reinterpret_cast<const void*>(value))) return;
  const auto at = block_at(value);
  if (at == blocks_.end() || at->second.spans.size() >= in_block_max) return;
  const std::uintptr_t block = at->first, block_size = at->second.size;
  const std::size_t size = data_.size(pointer.pointee);
  const std::string type = data_.name(pointer.pointee);
  const bool node = !name.empty() && (pointer.kind == PointerMember::nodes || name.starts_with(element) ||
                                      (pointer.kind == PointerMember::changing && type.starts_with('_')));
  if (size == 0 && !node) return;
  const bool named = !name.empty() && (pointer.kind != PointerMember::changing || node);
  const bool captures = pointer.kind == PointerMember::captured;
  if (!named && !captures && (type.empty() || type.starts_with('_'))) return;
  for (const std::size_t each : at->second.spans) {
    const Span& known = spans_[each];
    if (known.begin == value && (known.type == pointer.pointee || !known.name.empty() || !named)) return;
  }
  const std::uintptr_t room = block + block_size - value;
  std::size_t count = size == 0 ? 0 : room / size;
  if (pointer.kind != PointerMember::elements && !node && size != 0 && block_size % size != 0) count = std::min<std::size_t>(count, 1);
  if (pointer.kind == PointerMember::counts || pointer.kind == PointerMember::captured) count = std::min<std::size_t>(count, 1);
  if (count == 0 && !node) return;
  Span span{.begin = value, .end = node ? block + block_size : value + count * size, .type = pointer.pointee, .size = size, .name = {}};
  if (pointer.kind == PointerMember::counts) {
    span.name = "the reference count of " + name;
    span.whole = true;
  } else if (node) {
    span.name = name.starts_with(element) ? name : std::string(element) + name;
    span.whole = true;
  } else if (captures) {
    span.join = "";
  } else if (named) {
    span.name = name;
    span.numbered = pointer.kind == PointerMember::elements || count > 1;
    if (pointer.kind == PointerMember::elements || pointer.kind == PointerMember::reference || type.starts_with('_')) span.join = ".";
  }
  at->second.spans.push_back(spans_.size());
  spans_.push_back(span);
  if (pointer.kind == PointerMember::counts) return;
  for (std::size_t i = 0; i < std::min(std::max<std::size_t>(count, 1), elements_max); ++i) {
    const bool by_number = span.numbered && (i > 0 || pointer.kind == PointerMember::elements);
    items_.push_back({value + i * size, pointer.pointee, by_number ? fmt::format("{}[{}]", span.name, i) : span.name,
                      by_number || span.whole ? "." : span.join, node ? depth : depth + 1});
    if (count <= 1) break;
  }
}

void NamedObjects::follow_all() {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item item = items_[i];
    data_.each_pointer(item.type, [&](const PointerMember& pointer) {
      const auto value = read(item.address + pointer.offset, nullptr);
      if (!value || *value == 0) return;
      const bool unnamed = (item.name.empty() && *item.join != '\0') || pointer.path == ".this";
      const std::string path = pointer.path.empty() && !item.name.empty() ? item.name : joined(item.name, item.join, pointer.path);
      follow(*value, pointer, unnamed ? "" : path, item.depth);
    });
  }
  items_.clear();
}

bool NamedObjects::is_programs(const FrameState& frame) {
  if (is_engine_code(frame.return_address)) return false;
  const auto& frames = symbols_.frames(frame.return_address);
  return std::any_of(frames.begin(), frames.end(), [](const Frame& f) { return !f.library && !f.file.empty(); });
}

// `named`: only variables that have a name; else only objects that member functions and lambdas are called for.
void NamedObjects::follow_variables(const FrameState& frame, bool named, const Snapshot* snapshot) {
  for (const Variable& variable : data_.variables(frame)) {
    const bool object = variable.name == "this" || variable.closure;
    if (object == named || (named && (is_reserved(variable.name) || is_standard(variable.function) || !variable.in_scope))) continue;
    if (object) {
      const auto value = variable.address != 0 ? read(variable.address, snapshot) : std::optional(variable.value);
      const auto pointee = data_.pointee(variable.type);
      if (!value || !pointee) continue;
      follow(*value,
             {.offset = 0, .path = "", .pointee = *pointee, .kind = variable.closure ? PointerMember::captured : PointerMember::single}, "",
             0);
      continue;
    }
    if (variable.address == 0) {
      if (const auto pointee = data_.pointee(variable.type))
        follow(variable.value, {.offset = 0, .path = "", .pointee = *pointee, .kind = PointerMember::single}, variable.name, 0);
      continue;
    }
    data_.each_pointer(variable.type, [&](const PointerMember& pointer) {
      if (const auto value = read(variable.address + pointer.offset, snapshot)) follow(*value, pointer, variable.name + pointer.path, 0);
    });
  }
}

void NamedObjects::settle(const Execution& run) {
  if (std::exchange(settled_, true)) return;
  spans_.clear();
  items_.clear();
  blocks_.clear();
  threads_.clear();
  const std::size_t threads = run.threads_created();
  for (std::size_t thread = 0; thread < threads; ++thread) threads_.push_back(name_of(run.thread(thread)));
  const auto each_frame = [&](auto f) {  // outermost first
    for (std::uint32_t thread = 0; thread < threads; ++thread) {
      const auto& frames = frames_.of(thread);
      for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame)
        if (is_programs(*frame)) f(*frame);
    }
  };
  each_frame([&](const FrameState& frame) { data_.read(reinterpret_cast<const char*>(frame.return_address) - 1); });
  for (const FrameState& frame : held_)
    if (is_programs(frame)) data_.read(reinterpret_cast<const char*>(frame.return_address) - 1);
  for (const Snapshot& snapshot : snapshots_)
    for (const FrameState& frame : snapshot.frames)
      if (is_programs(frame)) data_.read(reinterpret_cast<const char*>(frame.return_address) - 1);
  if (shadow == nullptr) return;
  shadow->each_block([&](std::uintptr_t begin, std::size_t size) { blocks_[begin].size = size; });
  for (const Variable& global : data_.globals_with_pointers())
    data_.each_pointer(global.type, [&](const PointerMember& pointer) {
      if (const auto value = read(global.address + pointer.offset, nullptr)) follow(*value, pointer, global.name + pointer.path, 0);
    });
  each_frame([&](const FrameState& frame) { follow_variables(frame, true, nullptr); });
  follow_all();
  const auto each_snapshot = [&](bool named) {
    for (const Snapshot& snapshot : snapshots_) {
      if (const Span* known = span_at(snapshot.object); known != nullptr && !known->name.empty()) continue;
      for (auto frame = snapshot.frames.rbegin(); frame != snapshot.frames.rend(); ++frame)
        if (is_programs(*frame)) follow_variables(*frame, named, &snapshot);
    }
  };
  each_snapshot(true);
  follow_all();
  each_frame([&](const FrameState& frame) { follow_variables(frame, false, nullptr); });
  follow_all();
  each_snapshot(false);
  follow_all();
}

void NamedObjects::glance(const Execution& run) {
  settle(run);
  settled_ = false;
}

// ---- names ----------------------------------------------------------------------------------------------------------

std::string NamedObjects::numbered_name(const Span& span) {
  std::string& known = numbered_[span.begin];
  if (known.empty()) {
    const std::string type = data_.name(span.type);
    known = fmt::format("{}#{}", type, ++numbers_[type]);
  }
  return known;
}

std::optional<NamedObjects::Place> NamedObjects::place_in_frame(std::uintptr_t object, const FrameState& frame) {
  std::optional<Place> found;
  for (const Variable& variable : data_.variables(frame)) {
    if (variable.address == 0 || object < variable.address || object - variable.address >= std::max<std::size_t>(variable.size, 1))
      continue;  // 0: only declared
    if (found && !variable.in_scope) continue;
    if (found && is_reserved(variable.name)) continue;
    found = Place{.type = variable.type, .offset = object - variable.address, .name = variable.name, .function = variable.function};
  }
  return found;
}

std::optional<NamedObjects::Place> NamedObjects::place(std::uintptr_t object, std::uint32_t sight) {
  const auto* address = reinterpret_cast<const void*>(object);
  if (memory->in_arena(address)) {
    const Span* span = span_at(object);
    if (span == nullptr) return std::nullopt;
    if (span->whole) return Place{.name = span->name, .function = {}, .whole = true};
    const std::size_t index = (object - span->begin) / span->size;
    Place found{.type = span->type, .offset = (object - span->begin) % span->size, .name = span->name, .function = {}, .join = span->join};
    if (*span->join == '\0') return found;
    if (span->name.empty()) {
      found.name = numbered_name(*span);
      found.join = ".";
      found.made_up = true;
      if (index > 0) found.name += fmt::format("[{}]", index);
      return found;
    }
    if (span->numbered && (index > 0 || *span->join == '.')) {
      found.name += fmt::format("[{}]", index);
      found.join = ".";
    }
    return found;
  }
  if (memory->contains(address)) {
    const FrameState* frame =
        sight < held_.size() ? &held_[sight] : frames_.holding(static_cast<std::uint32_t>(memory->stack_of(address)), object);
    return frame != nullptr && !is_engine_code(frame->return_address) ? place_in_frame(object, *frame) : std::nullopt;
  }
  if (const auto global = data_.global(address))
    return Place{.type = global->type, .offset = object - global->address, .name = global->name, .function = {}};
  return std::nullopt;
}

std::string NamedObjects::name(const void* object, std::size_t size, std::uint32_t sight) {
  if (!memory->contains(object)) {
    if (std::string global = symbols_.data_name(object, size); !global.empty()) return global;
    const std::size_t owner = tls_blocks::owner(number_of(object));
    const std::string own = owner < threads_.size() ? thread_local_name(object, size) : "";
    return own.empty() ? "" : fmt::format("{} of {}", own, threads_[owner]);
  }
  const auto found = place(number_of(object), sight);
  if (!found) return {};
  if (found->whole) return found->name;
  const std::string part = data_.part(found->type, found->offset, size);
  if (found->made_up && part.empty()) return found->name;
  return joined(found->name, found->join, part);
}

bool NamedObjects::is_made_up(const void* object) {
  const auto found = memory->in_arena(object) ? place(number_of(object), now) : std::nullopt;
  return found && found->made_up;
}

std::string NamedObjects::described(const void* object, std::size_t size) {
  const auto address = number_of(object);
  if (memory->contains(object) && !memory->in_arena(object)) {
    const FrameState* frame = frames_.holding(static_cast<std::uint32_t>(memory->stack_of(object)), address);
    for (auto held = held_.rbegin(); frame == nullptr && held != held_.rend(); ++held)  // of a call that has returned
      if (address >= held->stack_pointer && address < held->canonical_address) frame = &*held;
    if (frame == nullptr || is_engine_code(frame->return_address)) return {};
    if (const auto found = place_in_frame(address, *frame))
      return fmt::format("{} in {}", joined(found->name, found->join, data_.part(found->type, found->offset, size)),
                         reader_name(found->function));
    const std::string& function = symbols_.frames(frame->return_address).back().function;
    return function.empty() ? std::string() : fmt::format("a variable in {}", reader_name(function));
  }
  return name(object, size);
}

std::string NamedObjects::thread_local_name(const void* object, std::size_t size) {
  const std::size_t owner = tls_blocks::owner(number_of(object));
  if (owner >= tls_blocks::count()) return {};
  const auto found = data_.thread_local_variable(tls_blocks::base(owner) - number_of(object));
  if (!found) return {};
  const std::uintptr_t offset = data_.thread_local_offset(tls_blocks::base(owner) - number_of(object)) - found->address;
  return found->name + data_.part(found->type, offset, size);
}

std::string NamedObjects::value(const void* object, std::uint64_t value, std::uint32_t sight) {
  const auto* target = reinterpret_cast<const void*>(value);
  if (value != 0 && memory->in_arena(target)) {
    const auto pointed = place(value, now);
    if (pointed && pointed->offset == 0 && pointed->made_up) return "&" + pointed->name;
  }
  const auto found = object != nullptr ? place(number_of(object), sight) : std::nullopt;
  return found ? data_.value(data_.innermost(found->type, found->offset), value) : std::string();
}

bool NamedObjects::is_in(const void* object, std::string_view class_name, std::uint32_t sight) {
  const auto found = place(number_of(object), sight);
  return found && data_.within(found->type, found->offset, class_name);
}

}  // namespace interleave::engine
