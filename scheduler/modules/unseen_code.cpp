#include "scheduler/modules/unseen_code.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <unordered_set>

#include "scheduler/modules/loaded_modules.hpp"
#include "scheduler/modules/machine_code.hpp"
#include "scheduler/modules/module_functions.hpp"

namespace interleave::engine {
namespace {

constexpr std::uintptr_t page = 4096;

// ---- constant data --------------------------------------------------------------------------------------------------

class Constants final : public ConstantData {
 public:
  explicit Constants(const std::vector<LoadedModule>& modules) {
    for (const LoadedModule& module : modules) {
      for (std::size_t i = 0; i < module.segment_count; ++i) {
        const auto& segment = module.segments[i];
        const bool read_only = segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0;
        if (read_only || segment.p_type == PT_GNU_RELRO) add({module.base + segment.p_vaddr, module.base + segment.p_vaddr + segment.p_memsz});
      }
    }
  }
  void add(const AddressRange& range) { ranges_.push_back(range); }
  bool contains(std::uintptr_t address) const override {
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const AddressRange& range) { return range.contains(address); });
  }

 private:
  std::vector<AddressRange> ranges_;
};

// ---- which addresses are hooks --------------------------------------------------------------------------------------

bool names_hook(std::string_view name) { return name.starts_with("__tsan_"); }

// Of the ends of functions. clang calls these in a function that `no_sanitize("thread")` excludes as well: they show nothing.
bool names_end_hook(std::string_view name) { return name == "__tsan_func_entry" || name == "__tsan_func_exit"; }

// What compilers write into .comment. g++ calls no hook where a function is excluded, but it also leaves out the accesses by which a small
// object is passed or returned, so that an instrumented function may have the hooks of its ends alone.
bool is_of_clang(const ModuleFile& file) {
  for (std::size_t i = 0; i < file.section_count(); ++i) {
    const auto& section = file.section(i);
    if (file.name(section) == ".comment" && section.sh_type == SHT_PROGBITS)
      return std::string_view(file.at(section.sh_offset), section.sh_size).find("clang") != std::string_view::npos;
  }
  return false;
}

// The words in which the loader has put the addresses of hooks of accesses, and the stubs of the linker that jump through them.
class Hooks {
 public:
  Hooks(const LoadedModule& module, const ModuleFile& file) {
    const bool ends_show_nothing = is_of_clang(file);
    for (std::size_t i = 0; i < file.section_count(); ++i) {
      const auto& section = file.section(i);
      if (section.sh_type != SHT_RELA || (section.sh_flags & SHF_ALLOC) == 0 || section.sh_link == 0) continue;
      const auto& symbols = file.section(section.sh_link);
      if (symbols.sh_type != SHT_DYNSYM) continue;
      const char* strings = file.at(file.section(symbols.sh_link).sh_offset);
      const auto* first = reinterpret_cast<const ElfW(Rela)*>(file.at(section.sh_offset));
      for (std::size_t k = 0; k < section.sh_size / sizeof *first; ++k) {
        const auto index = ELF64_R_SYM(first[k].r_info);
        if (index == 0) continue;
        const auto& symbol = reinterpret_cast<const ElfW(Sym)*>(file.at(symbols.sh_offset))[index];
        const std::string_view name = strings + symbol.st_name;
        if (!names_hook(name)) continue;
        any_ = true;
        if (!ends_show_nothing || !names_end_hook(name)) words_.insert(module.base + first[k].r_offset);
      }
    }
    for (std::size_t i = 0; i < file.section_count(); ++i) {
      const auto& section = file.section(i);
      if (!file.name(section).starts_with(".plt") && file.name(section) != ".iplt") continue;
      find_stubs(module.base + section.sh_addr, section.sh_size);
    }
  }

  // Whether the code calls a hook of an access, or jumps to one. Code is searched for calls whose targets are hooks: no other bytes look like that.
  bool called_by(const std::uint8_t* code, std::size_t size) const {
    const auto begin = reinterpret_cast<std::uintptr_t>(code);
    for (std::size_t i = 0; i + 5 <= size; ++i) {
      if (code[i] == 0xe8 || code[i] == 0xe9) {
        if (is_stub(begin + i + 5 + displacement(code + i + 1))) return true;
      } else if (code[i] == 0xff && i + 6 <= size && (code[i + 1] == 0x15 || code[i + 1] == 0x25)) {
        if (words_.contains(begin + i + 6 + displacement(code + i + 2))) return true;
      }
    }
    return false;
  }
  bool any() const { return any_; }

 private:
  static constexpr std::size_t stub_alignment = 8;

  static std::uintptr_t displacement(const std::uint8_t* at) {
    std::int32_t value;
    std::memcpy(&value, at, sizeof value);
    return static_cast<std::uintptr_t>(static_cast<std::intptr_t>(value));
  }

  // Stubs are aligned; each jumps through its word.
  void find_stubs(std::uintptr_t low, std::size_t size) {
    const auto* code = reinterpret_cast<const std::uint8_t*>(low);
    for (std::size_t i = 0; i + 6 <= size; ++i) {
      if (code[i] != 0xff || code[i + 1] != 0x25 || !words_.contains(low + i + 6 + displacement(code + i + 2))) continue;
      std::size_t begin = i & ~(stub_alignment - 1);
      // What stands in front of the jump: endbr64, bnd, the stub's number.
      if (i > begin && i - begin < 4 && begin >= stub_alignment && (code[begin - stub_alignment] == 0xf3 || code[begin - stub_alignment] == 0x41)) begin -= stub_alignment;
      stubs_.insert(low + begin);
    }
  }
  bool is_stub(std::uintptr_t target) const { return target % stub_alignment == 0 && stubs_.contains(target); }

  bool any_ = false;
  std::unordered_set<std::uintptr_t> words_, stubs_;
};

// ---- whose function -------------------------------------------------------------------------------------------------

// What the compiler and the C library put into every program. They run before main and after it, or unwind.
constexpr std::array start_names = {"_start", "_init", "_fini", "deregister_tm_clones", "register_tm_clones", "__do_global_dtors_aux",
                                    "frame_dummy", "_dl_relocate_static_pie", "__libc_csu_init", "__libc_csu_fini", "atexit",
                                    "at_quick_exit", "pthread_atfork", "__pthread_atfork", "__stack_chk_fail_local", "__cpu_indicator_init", "__tls_init"};

// Namespaces of the test frameworks' implementations.
constexpr std::array framework_names = {"5Catch", "7testing", "7doctest", "5boost9unit_test", "5boost10test_tools", "5boost5debug",
                                        "5boost17execution_monitor", "5boost6detail17system_signal"};

bool is_start_up(std::string_view name) { return std::find(start_names.begin(), start_names.end(), name) != start_names.end() || name.starts_with("_Unwind_"); }

bool is_of_framework(std::string_view name) {
  if (!name.starts_with("_Z")) return false;
  // Whatever stands in front of the name: that it is nested, a local one, const, a thunk.
  name.remove_prefix(std::min(name.find_first_not_of("_ZNKVRO", 1), name.size()));
  if (name.starts_with("Thn") || name.starts_with("Tv0_n")) name.remove_prefix(std::min(name.find('N', 5) + 1, name.size()));
  return std::any_of(framework_names.begin(), framework_names.end(), [&](std::string_view begin) { return name.starts_with(begin); });
}

// UndefinedBehaviorSanitizer's runtime, which clang links into the program: functions of reserved names, and those that take what these
// namespaces declare. They read what the compiler has written for them, types, and caches of their own.
constexpr std::array sanitizer_beginnings = {"__ubsan_", "__sanitizer_", "__sancov_", "__interceptor_"};
constexpr std::array sanitizer_namespaces = {"7__ubsan", "11__sanitizer", "8__sancov", "14__interception", "N10__cxxabiv1"};

bool is_of_sanitizer(std::string_view name) {
  if (name.starts_with("__")) return std::any_of(sanitizer_beginnings.begin(), sanitizer_beginnings.end(), [&](std::string_view begin) { return name.starts_with(begin); });
  return name.starts_with("_Z") && std::any_of(sanitizer_namespaces.begin(), sanitizer_namespaces.end(), [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

// A thunk corrects `this`, with an offset that it reads from the table of virtual functions, and goes on with the function itself.
bool is_thunk(std::string_view name, std::size_t size) {
  constexpr std::size_t longest = 48;
  return size <= longest && (name.starts_with("_ZTv") || name.starts_with("_ZTh") || name.starts_with("_ZTc"));
}

bool is_part(std::string_view name) { return name.find(".cold") != std::string_view::npos; }

// ---- functions of a module ------------------------------------------------------------------------------------------

class Functions {
 public:
  Functions(const LoadedModule& module, const ModuleFile& file) : module_(module), file_(file), hooks_(module, file) {}

  void find(const ConstantData& constants, UnseenCode& found) {
    if (!hooks_.any()) return;  // they are defined where they are called
    const std::vector<FunctionSymbol> symbols = functions_of(module_, file_);
    if (symbols.empty()) {
      found.unreadable.push_back(module_.path);
      return;
    }
    std::vector<std::string_view> instrumented;
    std::vector<const FunctionSymbol*> parts;
    found.functions_looked_at += symbols.size();
    for (const FunctionSymbol& symbol : symbols) {
      const auto* code = reinterpret_cast<const std::uint8_t*>(symbol.begin);
      const std::string_view name = name_of(symbol);
      const bool calls_hook = hooks_.called_by(code, symbol.size);
      if (calls_hook) instrumented.push_back(name);
      if (is_start_up(name) || is_thunk(name, symbol.size) || is_of_framework(name) || is_of_sanitizer(name)) continue;
      if (calls_hook) {
        if (!seen_.insert(symbol.begin).second) continue;
        for (const AssemblyAccess& access : assembly_in(code, symbol.size))
          found.functions.push_back({const_cast<std::uint8_t*>(access.begin), access.size, std::string(name), module_.path,
                                     reinterpret_cast<std::uintptr_t>(access.begin) - module_.base, access.name});
      } else if (is_part(name)) {
        parts.push_back(&symbol);
      } else {
        look_at(symbol, constants, found);
      }
    }
    if (parts.empty()) return;
    const std::unordered_set<std::string_view> wholes(instrumented.begin(), instrumented.end());
    for (const FunctionSymbol* part : parts)
      if (!wholes.contains(name_of(*part).substr(0, name_of(*part).find(".cold")))) look_at(*part, constants, found);
  }

 private:
  static std::string_view name_of(const FunctionSymbol& symbol) { return symbol.name != nullptr ? symbol.name : ""; }

  // Adds a function without hooks, if it does anything that is not seen.
  void look_at(const FunctionSymbol& symbol, const ConstantData& constants, UnseenCode& found) {
    const auto* code = reinterpret_cast<const std::uint8_t*>(symbol.begin);
    const std::string_view name = name_of(symbol);
    const bool acts = touches_shared_memory(code, symbol.size, constants, is_part(name) || name.empty()) || !assembly_in(code, symbol.size).empty();
    if (!acts || !seen_.insert(symbol.begin).second) return;
    found.functions.push_back({const_cast<std::uint8_t*>(code), symbol.size, std::string(name), module_.path, symbol.begin - module_.base});
  }

  const LoadedModule& module_;
  const ModuleFile& file_;
  Hooks hooks_;
  std::unordered_set<std::uintptr_t> seen_;  // where a function begins that has several names
};

// ---- whole modules --------------------------------------------------------------------------------------------------

std::vector<AddressRange> code_of(const LoadedModule& module) {
  std::vector<AddressRange> result;
  for (std::size_t i = 0; i < module.segment_count; ++i) {
    const auto& segment = module.segments[i];
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t low = module.base + segment.p_vaddr, high = low + segment.p_memsz;
    if ((segment.p_flags & PF_X) != 0) result.push_back({low & ~(page - 1), (high + page - 1) & ~(page - 1)});
  }
  return result;
}

UnseenCode look() {
  UnseenCode found;
  const std::vector<LoadedModule> modules = loaded_modules();
  Constants constants(modules);
  for (const LoadedModule& module : modules) {
    if (module.system) continue;
    if (!module.instrumented) {
      found.modules.push_back({.path = module.path, .code = code_of(module), .base = module.base});
      continue;
    }
    for (const AddressRange& range : code_of(module)) found.instrumented.push_back(range);
    const ModuleFile file(module.path);
    if (!file.is(module)) {
      found.unreadable.push_back(module.path);
      continue;
    }
    for (std::size_t i = 0; i < file.section_count(); ++i) {
      const auto& section = file.section(i);
      const std::string_view name = file.name(section);
      if (name == ".got" || name == ".got.plt") constants.add({module.base + section.sh_addr, module.base + section.sh_addr + section.sh_size});
    }
    Functions(module, file).find(constants, found);
  }
  return found;
}

}  // namespace

bool is_unseen_module(std::uintptr_t base) {
  const auto& modules = unseen_code().modules;
  return std::any_of(modules.begin(), modules.end(), [&](const UnseenModule& module) { return module.base == base; });
}

const UnseenCode& unseen_code() {
  static auto* const known = new UnseenCode;
  static std::uint64_t generation = 0;  // of what is known; no process has loaded nothing
  if (const std::uint64_t now = modules_generation(); now != generation) {
    *known = look();
    generation = now;
  }
  return *known;
}

}  // namespace interleave::engine
