#include "scheduler/modules/loaded_modules.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <utility>

#include "scheduler/modules/instrumented.hpp"
#include "scheduler/modules/code_origin.hpp"

namespace interleave::engine {
namespace {

// Names of files, up to ".so" or "-".
constexpr std::array system_names = {
    "libc", "libm", "libmvec", "libpthread", "libdl", "librt", "libresolv", "libutil", "libanl", "libnsl", "libBrokenLocale", "ld", "ld-linux-x86-64",
    "libstdc++", "libc++", "libc++abi", "libunwind", "libgcc_s", "libatomic", "libssp", "libquadmath",
    "libboost_context",  // the engine switches by it
    "libasan", "libubsan", "liblsan", "libtsan"};
constexpr std::array system_beginnings = {"libnss_", "libclang_rt.", "vgpreload_",
                                          // test frameworks
                                          "libCatch2", "libgtest", "libgmock", "libdoctest", "libboost_unit_test_framework",
                                          "libboost_prg_exec_monitor", "libboost_test_exec_monitor"};

// ---- what has changed -----------------------------------------------------------------------------------------------

const link_map* end_of_list(const link_map* from) {
  while (from->l_next != nullptr) from = from->l_next;
  return from;
}

// The list is known up to here, and nothing of that has been unloaded: mostly what the program starts with, and what the engine has loaded.
const link_map*& known_up_to() {
  static const link_map* last = end_of_list(_r_debug.r_map);
  return last;
}

const link_map* last_module() { return end_of_list(known_up_to()); }

std::vector<ElfW(Addr)> loaded_for_engine;  // where
bool perhaps_unloaded = false;

// ---- whose they are -------------------------------------------------------------------------------------------------

struct Dependencies {
  std::vector<std::string_view> needed;
  std::string_view name;
};

Dependencies dependencies(const LoadedModule& module) {
  Dependencies result;
  for (std::size_t i = 0; i < module.segment_count; ++i) {
    if (module.segments[i].p_type != PT_DYNAMIC) continue;
    const auto* first = reinterpret_cast<const ElfW(Dyn)*>(module.base + module.segments[i].p_vaddr);
    const char* strings = nullptr;
    for (const auto* d = first; d->d_tag != DT_NULL; ++d)
      if (d->d_tag == DT_STRTAB) strings = reinterpret_cast<const char*>(d->d_un.d_ptr);
    if (strings == nullptr) return result;
    for (const auto* d = first; d->d_tag != DT_NULL; ++d) {
      if (d->d_tag == DT_NEEDED) result.needed.push_back(base_name(strings + d->d_un.d_val));
      if (d->d_tag == DT_SONAME) result.name = strings + d->d_un.d_val;
    }
  }
  return result;
}

class Owners {
 public:
  explicit Owners(const std::vector<LoadedModule>& modules) : modules_(modules) {
    for (const LoadedModule& module : modules) known_.push_back(dependencies(module));
  }

  // What module `from` needs, directly or not, added to `reached`; the engine's own needs are not followed.
  void reach(std::size_t from, std::vector<bool>& reached, std::size_t engine) const {
    if (reached[from]) return;
    reached[from] = true;
    if (from == engine) return;
    for (const std::string_view name : known_[from].needed)
      if (const std::size_t found = find(name); found < modules_.size()) reach(found, reached, engine);
  }

  void reach_of_engine(std::size_t engine, std::vector<bool>& reached) const {
    reached[engine] = true;
    for (const std::string_view name : known_[engine].needed)
      if (const std::size_t found = find(name); found < modules_.size()) reach(found, reached, modules_.size());
  }

 private:
  std::size_t find(std::string_view name) const {
    for (std::size_t i = 0; i < modules_.size(); ++i)
      if (known_[i].name == name || base_name(modules_[i].path) == name) return i;
    return modules_.size();
  }

  const std::vector<LoadedModule>& modules_;
  std::vector<Dependencies> known_;
};

bool holds(const LoadedModule& module, const void* address) {
  const auto p = reinterpret_cast<std::uintptr_t>(address);
  for (std::size_t i = 0; i < module.segment_count; ++i)
    if (module.segments[i].p_type == PT_LOAD && p - (module.base + module.segments[i].p_vaddr) < module.segments[i].p_memsz) return true;
  return false;
}

}  // namespace

bool is_system_library(std::string_view path) {
  const std::string_view name = base_name(path);
  const std::string_view stem = name.substr(0, std::min(name.find(".so"), name.find("-2.")));
  return std::find(system_names.begin(), system_names.end(), stem) != system_names.end() ||
         std::any_of(system_beginnings.begin(), system_beginnings.end(), [&](std::string_view begin) { return name.starts_with(begin); });
}

bool is_loaded(const std::string& path, std::uintptr_t base) {
  struct Asked {
    const std::string& path;
    std::uintptr_t base;
    bool program = true;
  } asked{path, base};
  return dl_iterate_phdr([](dl_phdr_info* info, std::size_t, void* data) {
    auto& looked_for = *static_cast<Asked*>(data);
    const bool program = std::exchange(looked_for.program, false);
    return info->dlpi_addr == looked_for.base && (program || looked_for.path == info->dlpi_name) ? 1 : 0;
  }, &asked) != 0;
}

// Asked before each execution, and dl_iterate_phdr takes locks: so what it counts is kept for as long as nothing was closed and the list of
// modules, which grows at its end, has no new end.
std::uint64_t modules_generation() {
  static std::uint64_t counted = 0;
  static const link_map* last_known = nullptr;
  const link_map* const last = last_module();
  if (std::exchange(perhaps_unloaded, false) || last != last_known) {
    last_known = last;
    dl_iterate_phdr([](dl_phdr_info* info, std::size_t, void* result) {
      *static_cast<std::uint64_t*>(result) = info->dlpi_adds + info->dlpi_subs;
      return 1;
    }, &counted);
  }
  return counted - loaded_for_engine.size();
}

void note_unloading() {
  perhaps_unloaded = true;
  known_up_to() = _r_debug.r_map;  // the program itself
}

LoadsForEngine::LoadsForEngine() : last_(last_module()) {}

LoadsForEngine::~LoadsForEngine() {
  for (const link_map* module = last_->l_next; module != nullptr; module = module->l_next) loaded_for_engine.push_back(module->l_addr);
  if (last_ == known_up_to()) known_up_to() = last_module();
}

std::vector<LoadedModule> loaded_modules() {
  std::vector<LoadedModule> modules;
  dl_iterate_phdr([](dl_phdr_info* info, std::size_t, void* result) {
    auto& found = *static_cast<std::vector<LoadedModule>*>(result);
    const bool program = found.empty();
    std::string path = info->dlpi_name != nullptr ? info->dlpi_name : "";
    if (program) {
      std::array<char, PATH_MAX> file{};
      const ssize_t length = readlink("/proc/self/exe", file.data(), file.size());
      if (length > 0) path.assign(file.data(), static_cast<std::size_t>(length));
    }
    if (path.find("linux-vdso") != std::string::npos) return 0;
    found.push_back({.path = path, .base = info->dlpi_addr, .segments = info->dlpi_phdr, .segment_count = info->dlpi_phnum,
                     .program = program, .instrumented = instrumented(*info), .system = !program && is_system_library(path)});
    return 0;
  }, &modules);

  std::size_t engine = modules.size();
  for (std::size_t i = 0; i < modules.size(); ++i)
    if (holds(modules[i], reinterpret_cast<const void*>(&loaded_modules))) engine = i;
  if (engine < modules.size() && modules[engine].program) engine = modules.size();  // what it needs cannot be told from what the program needs
  const Owners owners(modules);
  std::vector<bool> of_engine(modules.size()), of_others(modules.size());
  if (engine < modules.size()) {
    modules[engine].system = true;
    owners.reach_of_engine(engine, of_engine);
  }
  for (std::size_t i = 0; i < modules.size(); ++i)
    if (std::find(loaded_for_engine.begin(), loaded_for_engine.end(), modules[i].base) != loaded_for_engine.end()) of_engine[i] = true;
  for (std::size_t i = 0; i < modules.size(); ++i)
    if (!of_engine[i] || modules[i].program) owners.reach(i, of_others, engine);
  for (std::size_t i = 0; i < modules.size(); ++i)
    if (of_engine[i] && !of_others[i]) modules[i].system = true;
  return modules;
}

}  // namespace interleave::engine
