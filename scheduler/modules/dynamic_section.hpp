// What a loaded module says of itself to the dynamic loader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <link.h>

namespace interleave::engine {

class DynamicSection {
 public:
  explicit DynamicSection(const dl_phdr_info& module);

  // The value of an entry; 0 if there is none.
  std::uint64_t value(std::int64_t tag) const;

  // An entry that is an address, as a pointer into the loaded module; 0 if there is none.
  std::uintptr_t address(std::int64_t tag) const;

  // Whether the module was linked with a shared library of this file name (DT_SONAME).
  bool needs(std::string_view library) const;

  // Whether the module refers to a symbol of another module whose name is asked for.
  bool imports(bool (*asked_for)(const char* name)) const;

 private:
  bool refers(std::uintptr_t relocations, std::size_t bytes, bool (*asked_for)(const char* name)) const;

  std::uintptr_t bias_;
  const ElfW(Dyn)* entries_ = nullptr;
};

}  // namespace interleave::engine
