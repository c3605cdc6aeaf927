// The file of a loaded module, and where its functions are.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/modules/loaded_modules.hpp"

namespace interleave::engine {

class ModuleFile {
 public:
  explicit ModuleFile(const std::string& path);
  ~ModuleFile();
  ModuleFile(const ModuleFile&) = delete;
  ModuleFile& operator=(const ModuleFile&) = delete;

  // Whether this is the file of the loaded module, as far as its program headers show. REQUIRED by all that follows.
  bool is(const LoadedModule& module) const;
  std::size_t section_count() const { return header()->e_shnum; }
  const ElfW(Shdr)& section(std::size_t i) const { return reinterpret_cast<const ElfW(Shdr)*>(bytes_ + header()->e_shoff)[i]; }
  const char* at(std::size_t offset) const { return bytes_ + offset; }
  std::string_view name(const ElfW(Shdr)& section) const { return at(this->section(header()->e_shstrndx).sh_offset) + section.sh_name; }

 private:
  const ElfW(Ehdr)* header() const { return reinterpret_cast<const ElfW(Ehdr)*>(bytes_); }
  const char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

struct FunctionSymbol {
  std::uintptr_t begin = 0;
  std::size_t    size = 0;
  const char*    name = nullptr;  // in the file; null: it has none
};

// The functions of a module, from its symbol table; if there is none, from the unwinder's table, without names. Empty: neither can be read.
// REQUIRES: file.is(module).
std::vector<FunctionSymbol> functions_of(const LoadedModule& module, const ModuleFile& file);

}  // namespace interleave::engine
