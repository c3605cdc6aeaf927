#include <interleave/scheduler/framework_code.hpp>

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <interleave/scheduler/memory.hpp>
#include <interleave/scheduler/mode.hpp>

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

constexpr std::array<std::string_view, 2> framework_namespaces = {"5Catch", "7testing"};

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

int base_of_program(dl_phdr_info* info, std::size_t, void* base) {
  *static_cast<std::uintptr_t*>(base) = info->dlpi_addr;
  return 1;  // the first is the program
}

CodeMap read_code_map() {
  CodeMap map;
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (file < 0) return map;
  struct stat status {};
  fstat(file, &status);
  const auto size = static_cast<std::size_t>(status.st_size);
  void* image = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (image == MAP_FAILED) return map;
  const auto* bytes = static_cast<const char*>(image);
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(bytes);
  const auto* sections = reinterpret_cast<const ElfW(Shdr)*>(bytes + header->e_shoff);
  std::uintptr_t base = 0;
  dl_iterate_phdr(&base_of_program, &base);
  struct Found {
    std::uintptr_t low, high;
  };
  std::vector<Found> found;
  for (int i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_SYMTAB) continue;
    const auto* symbols = reinterpret_cast<const ElfW(Sym)*>(bytes + sections[i].sh_offset);
    const char* strings = bytes + sections[sections[i].sh_link].sh_offset;
    for (std::size_t k = 0; k < sections[i].sh_size / sizeof(ElfW(Sym)); ++k) {
      const ElfW(Sym)& symbol = symbols[k];
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || ELF64_ST_BIND(symbol.st_info) == STB_WEAK) continue;
      if (symbol.st_shndx == SHN_UNDEF || !names_framework(strings + symbol.st_name)) continue;
      found.push_back({base + symbol.st_value, base + symbol.st_value + symbol.st_size});
    }
  }
  munmap(image, size);
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
