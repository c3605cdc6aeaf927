#include "scheduler/memory/framework_isolation.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "scheduler/adapters/program_symbols.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/support/interception_mode.hpp"

namespace interleave::engine {
namespace {

// One bit for each 16 bytes of the program's code: functions are aligned to that.
struct CodeMap {
  std::uintptr_t low = 0, high = 0;
  std::vector<bool> framework;

  bool contains(const void* p) const {
    const auto address = reinterpret_cast<std::uintptr_t>(p);
    return address - low < high - low && framework[(address - low) / 16];
  }
};

constexpr std::array<std::string_view, 5> framework_namespaces = {"5Catch", "7testing", "7doctest", "5boost9unit_test", "5boost10test_tools"};

bool names_framework(std::string_view symbol) {
  if (symbol.substr(0, 2) != "_Z") return false;
  symbol.remove_prefix(2);
  if (symbol.substr(0, 1) != "N") return false;
  symbol.remove_prefix(1);
  while (!symbol.empty() && (symbol[0] == 'K' || symbol[0] == 'V')) symbol.remove_prefix(1);
  for (const std::string_view name : framework_namespaces)
    if (symbol.substr(0, name.size()) == name) return true;
  return false;
}

CodeMap read_code_map() {
  CodeMap map;
  struct Found {
    std::uintptr_t low, high;
  };
  std::vector<Found> found;
  each_program_symbol([&](const char* name, const ElfW(Sym)& symbol, std::uintptr_t address) {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || ELF64_ST_BIND(symbol.st_info) == STB_WEAK || !names_framework(name)) return;
    found.push_back({address, address + symbol.st_size});
  });
  if (found.empty()) return map;
  map.low = ~std::uintptr_t{0};
  for (const Found& each : found) {
    map.low = std::min(map.low, each.low & ~std::uintptr_t{15});
    map.high = std::max(map.high, each.high);
  }
  map.framework.resize((map.high - map.low) / 16 + 1);
  for (const Found& each : found)
    for (std::uintptr_t p = each.low; p < each.high; p += 16) map.framework[(p - map.low) / 16] = true;
  return map;
}

CodeMap code_map;  // read by `find_framework_code`; until then nothing is framework code

std::size_t depth = 0;  // open frames since the outermost framework frame

// Words that framework code has written for good. Mostly the same few: a filter keeps the set out of the way.
class OwnedWords {
 public:
  void add(const std::uint64_t* word) {
    const std::uint64_t*& seen = recent_[(reinterpret_cast<std::uintptr_t>(word) >> 3) % recent_.size()];
    if (std::exchange(seen, word) != word) words_.insert(word);
  }
  bool contains(const void* p) const { return words_.contains(static_cast<const std::uint64_t*>(p)); }

 private:
  std::array<const std::uint64_t*, 256> recent_{};
  std::unordered_set<const std::uint64_t*> words_;
};

OwnedWords& owned_words() {
  static auto* only = new OwnedWords;
  return *only;
}

struct Transaction {
  UndoLog writes;
  std::vector<void*> frees;  // carried out when the outermost frame is left
};

Transaction& transaction() {
  static auto* only = new Transaction;
  return *only;
}

// What the framework did stands.
void commit() {
  mode = Mode::outside;
  Transaction& open = transaction();
  open.writes.each_word([](const std::uint64_t* word) { owned_words().add(word); });
  open.writes.forget();
  for (void* p : open.frees) std::free(p);
  open.frees.clear();
}

}  // namespace

void find_framework_code() {
  static bool done = false;
  if (!std::exchange(done, true)) code_map = read_code_map();
}

bool is_framework_code(const void* p) { return code_map.contains(p); }

void enter_function(const void* inside) {
  if (mode == Mode::framework) {
    ++depth;
  } else if (code_map.contains(inside)) [[unlikely]] {
    mode = Mode::framework;
    depth = 1;
  }
}

void leave_function() {
  if (mode != Mode::framework || --depth > 0) return;
  commit();
  mode = Mode::modelled;
}

FrameworkFrame::FrameworkFrame() {
  depth = 1;
  mode = Mode::framework;
}

FrameworkFrame::~FrameworkFrame() {
  depth = 0;
  commit();
}

void keep_framework_writes() {
  assert(mode == Mode::framework);
  commit();
  mode = Mode::framework;
}

void framework_write(void* p, std::size_t size) {
  const EngineScope engine;
  if (!memory->contains(p)) transaction().writes.log(p, size);
}

void framework_free(void* p) {
  const EngineScope engine;
  transaction().frees.push_back(p);
}

bool framework_owns(const void* p) { return owned_words().contains(p); }

void abandon_framework_frame() {
  if (depth == 0) return;
  depth = 0;
  Transaction& open = transaction();
  open.writes.roll_back();
  open.frees.clear();
}

}  // namespace interleave::engine
