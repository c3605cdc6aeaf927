#include "scheduler/modules/dynamic_section.hpp"

namespace interleave::engine {

DynamicSection::DynamicSection(const dl_phdr_info& module) : bias_(module.dlpi_addr) {
  for (int i = 0; i < module.dlpi_phnum; ++i)
    if (module.dlpi_phdr[i].p_type == PT_DYNAMIC)
      entries_ = reinterpret_cast<const ElfW(Dyn)*>(module.dlpi_addr + module.dlpi_phdr[i].p_vaddr);
}

std::uint64_t DynamicSection::value(std::int64_t tag) const {
  for (const ElfW(Dyn)* entry = entries_; entry != nullptr && entry->d_tag != DT_NULL; ++entry)
    if (entry->d_tag == tag) return entry->d_un.d_val;
  return 0;
}

// The loader adds the place of the module to the addresses that it will need, but for sections that it cannot write to: the kernel's
// own module, and what was linked with -z rodynamic.
std::uintptr_t DynamicSection::address(std::int64_t tag) const {
  const std::uintptr_t there = value(tag);
  return there != 0 && there < bias_ ? there + bias_ : there;
}

bool DynamicSection::needs(std::string_view library) const {
  const auto* strings = reinterpret_cast<const char*>(address(DT_STRTAB));
  for (const ElfW(Dyn)* entry = entries_; entry != nullptr && strings != nullptr && entry->d_tag != DT_NULL; ++entry)
    if (entry->d_tag == DT_NEEDED && strings + entry->d_un.d_val == library) return true;
  return false;
}

// Nothing says where a table of symbols ends: DT_HASH does, but is rare now, DT_GNU_HASH leaves out the symbols that are only referred
// to, and which table follows is up to each linker. But what a module refers to, a relocation names.
bool DynamicSection::imports(bool (*asked_for)(const char* name)) const {
  return refers(address(DT_JMPREL), value(DT_PLTRELSZ), asked_for) || refers(address(DT_RELA), value(DT_RELASZ), asked_for);
}

bool DynamicSection::refers(std::uintptr_t relocations, std::size_t bytes, bool (*asked_for)(const char* name)) const {
  const auto* symbols = reinterpret_cast<const ElfW(Sym)*>(address(DT_SYMTAB));
  const auto* strings = reinterpret_cast<const char*>(address(DT_STRTAB));
  if (relocations == 0 || symbols == nullptr || strings == nullptr) return false;
  const auto* first = reinterpret_cast<const ElfW(Rela)*>(relocations);
  for (const auto* each = first; each < first + bytes / sizeof(ElfW(Rela)); ++each) {
    const ElfW(Sym)& symbol = symbols[ELF64_R_SYM(each->r_info)];  // the symbol 0 of relocations that have none has no name
    if (symbol.st_shndx == SHN_UNDEF && asked_for(strings + symbol.st_name)) return true;
  }
  return false;
}

}  // namespace interleave::engine
