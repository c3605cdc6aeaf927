// What is loaded into the process, and which of it belongs to whom.
#pragma once

#include <link.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace interleave::engine {

struct LoadedModule {
  std::string path;           // of its file, for the program itself, too
  std::uintptr_t base = 0;
  const ElfW(Phdr)* segments = nullptr;
  std::size_t segment_count = 0;
  bool program = false, instrumented = false;
  bool system = false;        // the C and C++ libraries, a test framework, the engine, what only the engine has loaded
};

// All modules that are loaded now, but for the kernel's own (vDSO).
std::vector<LoadedModule> loaded_modules();

// Whether that file is loaded there now. The program itself always is.
bool is_loaded(const std::string& path, std::uintptr_t base);

// Changes when something was loaded or unloaded, but for what the engine has loaded.
std::uint64_t modules_generation();

// A module may have been unloaded.
void note_unloading();

// What is loaded while one exists, a library of the engine's has asked for. REQUIRES: no code under test runs meanwhile.
class LoadsForEngine {
 public:
  LoadsForEngine();
  ~LoadsForEngine();
  LoadsForEngine(const LoadsForEngine&) = delete;
  LoadsForEngine& operator=(const LoadsForEngine&) = delete;

 private:
  const link_map* last_;  // of what was loaded before
};

// The C and C++ libraries, and libraries that belong to the compiler, by the name of the file.
bool is_system_library(std::string_view path);

}  // namespace interleave::engine
