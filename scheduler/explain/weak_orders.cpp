#include "scheduler/explain/weak_orders.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/explain/recorder.hpp"
#include "scheduler/memory/stack_walk.hpp"
#include "scheduler/modules/code_origin.hpp"
#include "scheduler/symbols/stack_text.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {

WeakOrders weak_orders;

void WeakOrders::begin() {
  callers_.fill(nullptr);
  callers_known_ = 0;
  fresh_ = any_ = looking_ = false;
  watch_on(false);
  found_.clear();
  known_.clear();
  settled_.clear();
  watched_.fill({});
  execution_ = 0;
}

void WeakOrders::watch_on(bool on) {
  watching_ = on;
  asks_all_ = on || told_ != nullptr;
  asked_below_ = asks_all_ ? __ATOMIC_SEQ_CST + 1 : __ATOMIC_SEQ_CST;
}

__attribute__((noinline)) void WeakOrders::asked(int order, const void* caller, const void* object) {
  if (told_ != nullptr) {
    *told_ = order;
    return;
  }
  if (order != __ATOMIC_SEQ_CST && callers_[slot_of(caller)] != caller) [[unlikely]] note_anew(caller, object);
  if (!watching_ || looking_) return;
  const std::uint32_t thread = Execution::current->self().id;
  const Touch& known = watched_[slot_of(object)];
  const bool again = known.object == object && known.execution == execution_ && known.thread == thread;
  if (!again || (order != __ATOMIC_SEQ_CST && known.weak == nullptr)) watch(order, caller, object);
}

void WeakOrders::note_anew(const void* caller, const void* object) {
  if (looking_) {
    constexpr unsigned times_most = 2;  // from there on the same stacks come again
    const Where where{caller, object, __builtin_frame_address(0)};
    if (!known_.contains(where) && times_[where]++ < times_most) seen_.push_back({where, stack_here()});
    return;
  }
  any_ = true;
  std::size_t at = slot_of(caller);
  while (callers_[at] != nullptr && callers_[at] != caller) at = (at + 1) % size;
  if (callers_[at] == caller) return;
  fresh_ = true;
  if (callers_known_ + 1 < size) {  // one that is always free ends the search
    ++callers_known_;
    callers_[at] = caller;
  }
}

void WeakOrders::watch(int order, const void* caller, const void* object) {
  const std::uint32_t thread = Execution::current->self().id;
  Touch& known = watched_[slot_of(object)];
  if (known.object != object || known.execution != execution_) known = {.object = object, .execution = execution_, .thread = thread, .weak = nullptr};
  if (order != __ATOMIC_SEQ_CST && known.weak == nullptr && !settled_.contains(caller)) known.weak = caller;
  if (known.weak != nullptr && known.thread != thread) fresh_ = true;
}

void WeakOrders::Accesses::performed(Execution&, const Thread& thread) {
  const Operation& op = thread.pending;
  if (op.object == nullptr || op.access() == Access::none) return;
  const auto [known, fresh] = first.try_emplace(op.object, thread.id);
  if (!fresh && known->second != thread.id) shared.insert(op.object);
}

void WeakOrders::begin_look() {
  accesses_.first.clear();
  accesses_.shared.clear();
  seen_.clear();
  times_.clear();
  kept_ = callers_;
  callers_.fill(nullptr);
  looking_ = true;
}

void WeakOrders::end_look() {
  looking_ = fresh_ = false;
  callers_ = kept_;
  for (Seen& each : seen_) {
    if (!accesses_.shared.contains(each.where.object)) continue;
    settled_.insert(each.where.caller);
    known_.insert(each.where);
    found_.insert(std::move(each.stack));
  }
  seen_.clear();
  watch_on(settled_.size() < callers_known_);
}

namespace {

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts)
    if (text.find(part) != text.npos) return true;
  return false;
}

// Whether a function of a library takes the order from its caller, as std::atomic's members do; `name`: without arguments. Known by its file
// where there is debug information, for a function that was inlined away may have no more than its last name there.
// `within`: it calls one that does, as what waits for an atomic to change calls what loads it.
bool passes_order_on(const Frame& frame, const std::string& name, bool within) {
  if (frame.file.find("/include/c++/") != frame.file.npos) {
    const std::string_view file = base_name(frame.file);
    if (file == "atomic" || file == "atomic_base.h" || frame.file.find("/__atomic/") != frame.file.npos) return true;
    return within && file == "atomic_wait.h";
  }
  if (contains_any(name, {"boost::atomics::"})) return true;
  return frame.file.empty() && contains_any(name, {"std::atomic", "std::__atomic_base", "std::__atomic_impl", "std::__atomic_ref"});
}

// Whether a function of the standard library's makes atomic operations by itself, without std::atomic. Of any other that seems to, what was
// inlined into it is not known: g++ forgets that of functions that it merges.
bool has_atomics_of_its_own(const Frame& frame) {
  constexpr std::string_view files[] = {"atomicity.h", "atomic_wait.h", "shared_ptr_base.h", "shared_ptr_atomic.h", "semaphore_base.h", "cow_string.h"};
  return std::find(std::begin(files), std::end(files), base_name(frame.file)) != std::end(files);
}

// Whose weaker order it is.
struct Place {
  enum Whose { users, librarys, unknown } whose;
  std::string file;
  unsigned line;
  std::string text;
};

// Nothing: of the standard library's own or ours, whose authors answer for them.
std::optional<Place> place_of(Symbols& symbols, const WeakOrders::Stack& stack) {
  bool within = false;
  for (const void* address : stack) {
    for (const Frame& frame : symbols.frames(address)) {
      if (frame.function.empty() && frame.file.empty()) continue;  // a stub of the linker's, say
      const std::string name = function_name(frame.function);
      const bool librarys = frame.library || frame.installed;
      if (librarys && passes_order_on(frame, name, within)) {
        within = true;
        continue;
      }
      if (is_primitive(frame.file) || contains_any(name, {"interleave::", "Catch::", "testing::"})) return std::nullopt;
      const bool standard = name.starts_with("std::") || name.starts_with("__gnu_cxx::") || contains_any(frame.file, {"/include/c++/", "/lib/gcc/"});
      if (librarys && standard) {
        if (frame.file.empty()) return Place{Place::unknown, "", 0, "in code without debug information (compile it with -g)"};
        if (within || has_atomics_of_its_own(frame)) return std::nullopt;
        return Place{Place::unknown, "", 0, "in functions that the compiler has found alike and merged (-fno-ipa-icf keeps them apart)"};
      }
      const std::string in = frame.line == 0 ? "" : " in " + reader_name(frame.function);
      return Place{librarys ? Place::librarys : Place::users, frame.file, frame.line, "at " + place(frame) + in};
    }
  }
  return Place{Place::unknown, "", 0, "in code without debug information (compile it with -g)"};
}

void begin(const Options&) { weak_orders.begin(); }

void tell(Report& report) {
  if (weak_orders.found().empty() || report.failing > 0) return;
  static Symbols symbols;  // kept: to open the debug information takes long
  std::optional<Place> first;
  const auto rank = [](const Place& p) { return std::tie(p.whose, p.file, p.line, p.text); };
  for (const WeakOrders::Stack& stack : weak_orders.found()) {
    std::optional<Place> place = place_of(symbols, stack);
    if (place && (!first || rank(*place) < rank(*first))) first = std::move(place);
  }
  if (first)
    report.assumed.insert(report.assumed.begin(),
                          fmt::format("sequentially consistent memory; orders weaker than seq_cst are declared, first {}", first->text));
}

const hooks::Basis basis(begin, tell);

}  // namespace
}  // namespace interleave::engine
