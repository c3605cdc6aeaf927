#include "scheduler/modules/module_functions.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace interleave::engine {
namespace {

class Functions {
 public:
  Functions(const LoadedModule& module, const ModuleFile& file) : module_(module), file_(file) {}

  std::vector<FunctionSymbol> of_table(unsigned type) const {
    std::vector<FunctionSymbol> result;
    std::vector<bool> code(file_.section_count());
    for (std::size_t i = 0; i < code.size(); ++i) code[i] = is_code(i);
    bool sizes = true;
    for (std::size_t i = 0; i < file_.section_count(); ++i) {
      const auto& section = file_.section(i);
      if (section.sh_type != type) continue;
      const auto* symbols = reinterpret_cast<const ElfW(Sym)*>(file_.at(section.sh_offset));
      const char* strings = file_.at(file_.section(section.sh_link).sh_offset);
      result.reserve(section.sh_size / sizeof *symbols / 2);
      for (std::size_t k = 0; k < section.sh_size / sizeof *symbols; ++k) {
        const ElfW(Sym)& symbol = symbols[k];
        const auto kind = ELF64_ST_TYPE(symbol.st_info);
        // Functions of assemblers may lack their type, and their size.
        const bool bare = kind == STT_NOTYPE && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
        if ((kind != STT_FUNC && !bare) || symbol.st_shndx >= code.size() || !code[symbol.st_shndx]) continue;
        sizes &= symbol.st_size != 0;
        result.push_back({module_.base + symbol.st_value, symbol.st_size, strings + symbol.st_name});
      }
    }
    if (!sizes) give_sizes(result);
    return result;
  }

  // The entries of .eh_frame_hdr, in their order; a function ends where the next one begins.
  std::vector<FunctionSymbol> of_unwinder() const {
    std::vector<FunctionSymbol> result;
    for (std::size_t i = 0; i < module_.segment_count; ++i) {
      if (module_.segments[i].p_type != PT_GNU_EH_FRAME) continue;
      const std::uintptr_t table = module_.base + module_.segments[i].p_vaddr;
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(table);
      // Version 1, a pointer of 4 bytes to .eh_frame, a count of 4 bytes, a table of pairs of 4 bytes relative to its begin.
      if (bytes[0] != 1 || bytes[1] != 0x1b || bytes[2] != 0x03 || bytes[3] != 0x3b) continue;
      std::uint32_t count;
      std::memcpy(&count, bytes + 8, sizeof count);
      for (std::uint32_t k = 0; k < count; ++k) {
        std::int32_t begin;
        std::memcpy(&begin, bytes + 12 + std::size_t{8} * k, sizeof begin);
        const std::uintptr_t at = table + static_cast<std::uintptr_t>(static_cast<std::intptr_t>(begin));
        if (in_stubs(at)) continue;
        if (!result.empty()) result.back().size = std::min(at, end_of_section(result.back().begin)) - result.back().begin;
        result.push_back({at, 0, nullptr});
      }
      if (!result.empty()) result.back().size = end_of_section(result.back().begin) - result.back().begin;
    }
    return result;
  }

 private:
  bool is_code(std::size_t index) const {
    if (index == SHN_UNDEF || index >= file_.section_count()) return false;
    const auto& section = file_.section(index);
    const std::string_view name = file_.name(section);
    return (section.sh_flags & SHF_EXECINSTR) != 0 && section.sh_type == SHT_PROGBITS && !name.starts_with(".plt") && name != ".init" && name != ".fini";
  }

  // A function without a size ends where the next one begins, or its section ends.
  void give_sizes(std::vector<FunctionSymbol>& symbols) const {
    std::vector<std::uintptr_t> ends;
    for (const FunctionSymbol& symbol : symbols) ends.push_back(symbol.begin);
    for (std::size_t i = 0; i < file_.section_count(); ++i)
      if (is_code(i)) ends.push_back(module_.base + file_.section(i).sh_addr + file_.section(i).sh_size);
    std::sort(ends.begin(), ends.end());
    for (FunctionSymbol& symbol : symbols) {
      if (symbol.size != 0) continue;
      const auto end = std::upper_bound(ends.begin(), ends.end(), symbol.begin);
      if (end != ends.end()) symbol.size = *end - symbol.begin;
    }
  }

  bool in_stubs(std::uintptr_t at) const {
    for (std::size_t i = 0; i < file_.section_count(); ++i)
      if (is_code(i) && at - module_.base - file_.section(i).sh_addr < file_.section(i).sh_size) return false;
    return true;
  }
  std::uintptr_t end_of_section(std::uintptr_t at) const {
    for (std::size_t i = 0; i < file_.section_count(); ++i)
      if (at - module_.base - file_.section(i).sh_addr < file_.section(i).sh_size) return module_.base + file_.section(i).sh_addr + file_.section(i).sh_size;
    return at;
  }

  const LoadedModule& module_;
  const ModuleFile& file_;
};

}  // namespace

ModuleFile::ModuleFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  struct stat status {};
  if (fstat(file, &status) == 0 && status.st_size >= static_cast<off_t>(sizeof(ElfW(Ehdr)))) {
    size_ = static_cast<std::size_t>(status.st_size);
    void* const image = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    bytes_ = image == MAP_FAILED ? nullptr : static_cast<const char*>(image);
  }
  close(file);
}

ModuleFile::~ModuleFile() {
  if (bytes_ != nullptr) munmap(const_cast<char*>(bytes_), size_);
}

bool ModuleFile::is(const LoadedModule& module) const {
  if (bytes_ == nullptr || std::memcmp(bytes_, ELFMAG, SELFMAG) != 0) return false;
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(bytes_);
  const std::size_t headers = module.segment_count * sizeof(ElfW(Phdr));
  return header->e_phnum == module.segment_count && header->e_phoff + headers <= size_ &&
         std::memcmp(bytes_ + header->e_phoff, module.segments, headers) == 0 && header->e_shoff != 0 &&
         header->e_shoff + std::size_t{header->e_shnum} * sizeof(ElfW(Shdr)) <= size_;
}

std::vector<FunctionSymbol> functions_of(const LoadedModule& module, const ModuleFile& file) {
  assert(file.is(module));
  const Functions functions(module, file);
  std::vector<FunctionSymbol> found = functions.of_table(SHT_SYMTAB);
  return found.empty() ? functions.of_unwinder() : found;
}

}  // namespace interleave::engine
