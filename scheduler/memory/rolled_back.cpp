#include "scheduler/memory/rolled_back.hpp"

#include <link.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/support/interception_mode.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {

bool watches_rolled_back = false;

namespace {

struct Range {
  std::uintptr_t low, high;
};

// The writable segments of the program and of what is loaded with it.
std::vector<Range> find_statics() {
  std::vector<Range> ranges;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* result) {
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
          const std::uintptr_t low = info->dlpi_addr + segment.p_vaddr;
          static_cast<std::vector<Range>*>(result)->push_back({low, low + segment.p_memsz});
        }
        return 0;
      },
      &ranges);
  return ranges;
}

struct Noted {
  std::vector<Range> statics;
  std::unordered_map<const std::uint64_t*, std::uint64_t> bytes;  // by word: which were set back, 0xff for each
  std::set<std::string> warned;
  std::mutex mutex;  // other threads of the process read, too
};

Noted& noted() {
  static auto* only = new Noted;
  return *only;
}

// What was noted lately, so that executions that change the same words again and again cost little.
struct Lately {
  const std::uint64_t* word;
  std::uint64_t        bytes;
};
std::array<Lately, 256> lately;

// All bits of the bytes that are not zero.
std::uint64_t whole_bytes(std::uint64_t bits) {
  constexpr std::uint64_t each = 0x0101010101010101, low = 0x7f * each;
  return ((((bits & low) + low) | bits) >> 7 & each) * 0xff;
}

// Of the word, those that an access touches.
std::uint64_t bytes_touched(std::uintptr_t word, std::uintptr_t begin, std::uintptr_t end) {
  std::uint64_t mask = 0;
  for (unsigned i = 0; i < 8; ++i)
    if (word + i >= begin && word + i < end) mask |= std::uint64_t{0xff} << (8 * i);
  return mask;
}

std::vector<const void*> calls() {
  std::vector<const void*> stack;
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* result) {
        auto& found = *static_cast<std::vector<const void*>*>(result);
        found.push_back(reinterpret_cast<const void*>(_Unwind_GetIP(context)));
        return found.size() < 64 ? _URC_NO_REASON : _URC_END_OF_STACK;
      },
      &stack);
  return stack;
}

void warn(const void* p) {
  static auto* const symbols = new Symbols;
  const std::string name = symbols->object_name(p);
  if (name.starts_with("guard variable")) return;
  std::vector<const void*> stack = calls();
  bool destructor = false;
  for (const void* call : stack)
    for (const Frame& frame : symbols->frames(call)) destructor |= frame.function.find('~') != std::string::npos;
  if (destructor || !noted().warned.insert(name.substr(0, name.find('+'))).second) return;
  std::erase_if(stack, [](const void* call) {
    const auto& frames = symbols->frames(call);
    return std::all_of(frames.begin(), frames.end(), [](const Frame& frame) { return frame.library; });
  });
  fmt::print(stderr,
             "interleave: warning: {} was changed by the body of an exploration and set back after each execution, and is read now{}: what "
             "the body left there is gone. If it counts failures, call interleave::assertion_failed where it counts, or use "
             "interleave::require; if it is a result, hand it to interleave::outcome; if it is to begin anew, set it first\n",
             name.empty() ? fmt::format("a static at {}", p) : name, stack.empty() ? "" : " at " + symbols->place(stack));
}

}  // namespace

// A whole word, of which a part may belong to nobody.
__attribute__((no_sanitize("address"))) void note_rolled_back(const std::uint64_t* word, std::uint64_t before) {
  const std::uint64_t bits = *word ^ before;
  Lately& last = lately[(reinterpret_cast<std::uintptr_t>(word) >> 3) % lately.size()];
  if (bits == 0 || (last.word == word && (bits & ~last.bytes) == 0)) return;
  const std::uint64_t bytes = whole_bytes(bits);
  Noted& all = noted();
  const auto at = reinterpret_cast<std::uintptr_t>(word);
  const bool is_static = std::any_of(all.statics.begin(), all.statics.end(), [=](Range r) { return at - r.low < r.high - r.low; });
  std::uint64_t known = bytes;
  if (is_static && !framework_owns(word)) known = all.bytes[word] |= bytes;
  last = {word, known};
}

RolledBackStatics::RolledBackStatics() {
  watches_rolled_back = false;
  noted().bytes.clear();
  lately = {};
  noted().statics = find_statics();
}

RolledBackStatics::~RolledBackStatics() { watches_rolled_back = !noted().bytes.empty(); }

void looked_at_outside(const volatile void* p, std::size_t size, bool writes) {
  static thread_local bool looking = false;  // what looks things up reads and copies as well
  if (mode != Mode::outside || looking) return;
  looking = true;
  Noted& all = noted();
  const std::lock_guard lock(all.mutex);
  const auto begin = reinterpret_cast<std::uintptr_t>(p), end = begin + size;
  bool lost = false;
  for (std::uintptr_t word = begin & ~std::uintptr_t{7}; word < end; word += 8) {
    const auto found = all.bytes.find(reinterpret_cast<const std::uint64_t*>(word));
    if (found == all.bytes.end()) continue;
    const std::uint64_t touched = bytes_touched(word, begin, end);
    lost |= (found->second & touched) != 0;
    found->second &= ~touched;
    if (found->second == 0) all.bytes.erase(found);
  }
  if (lost && !writes) warn(const_cast<const void*>(p));
  if (all.bytes.empty()) watches_rolled_back = false;
  looking = false;
}

}  // namespace interleave::engine
