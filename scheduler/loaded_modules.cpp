#include <interleave/scheduler/loaded_modules.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <utility>

#include <interleave/scheduler/door.hpp>
#include <interleave/scheduler/whose_code.hpp>

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
  if (engine == modules.size() || modules[engine].program) return modules;
  modules[engine].system = true;
  const Owners owners(modules);
  std::vector<bool> of_engine(modules.size()), of_others(modules.size());
  owners.reach_of_engine(engine, of_engine);
  for (std::size_t i = 0; i < modules.size(); ++i)
    if (!of_engine[i] || modules[i].program) owners.reach(i, of_others, engine);
  for (std::size_t i = 0; i < modules.size(); ++i)
    if (of_engine[i] && !of_others[i]) modules[i].system = true;
  return modules;
}

}  // namespace interleave::engine
