#include "scheduler/modules/code_origin.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

namespace interleave {
namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return contains(text, part); });
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return text.starts_with(part); });
}

bool is_installed_primitive(std::string_view file) { return contains(file, "/interleave/primitives/"); }

std::string_view patterns_of_environment() {
  const char* const variable = std::getenv("INTERLEAVE_OWN");
  return variable != nullptr ? variable : "";
}

// Headers of the C library and the kernel: those that lie in /usr/include itself, or in folders of theirs.
bool is_system_header(std::string_view file) {
  constexpr std::string_view root = "/usr/include/";
  if (!file.starts_with(root)) return false;
  const std::string_view rest = file.substr(root.size());
  if (rest.find('/') == rest.npos) return rest.ends_with(".h");
  return starts_with_any(rest, {"x86_64-linux-gnu/", "bits/", "sys/", "gnu/", "asm/", "asm-generic/", "linux/", "arpa/", "net/", "netinet/"});
}

// REQUIRES: not an installed primitive.
bool is_library_file(std::string_view file) {
  if (const auto own = declared_own(patterns_of_environment(), file)) return !*own;
  return is_system_header(file) || starts_with_any(file, {"/usr/lib/", "/usr/lib64/", "/lib/", "/lib64/"}) ||
         contains_any(file, {"/include/c++/", "/lib/gcc/", "/lib/clang/", "/catch2/", "/gtest/", "/googletest/googletest/", "/doctest/", "/boost/test/",
                             "/boost/atomic/"});
}

// Interleave's own code in the program: its headers, through the links that give the tree the installed layout or not.
bool is_api_header(std::string_view file, std::string_view mangled) {
  for (const std::string_view adapter : {"scheduler/adapters/catch2.cpp", "interleave/catch2.cpp", "scheduler/adapters/gtest.cpp", "interleave/gtest.cpp"})
    if (file.ends_with(adapter)) return true;
  if (contains_any(file, {"/interleave/scheduler/", "/interleave/checkers/", "/interleave/interleave.hpp"})) return true;
  return contains_any(file, {"scheduler/", "checkers/"}) && file.ends_with(".hpp") && contains(mangled, "10interleave");
}

// Asked of the mangled name, because a demangled one may begin with the type of the result. St, Sa, Ss, ... abbreviate names in
// std; a further Z introduces an entity local to the function that follows.
bool is_in_library_namespace(std::string_view mangled) {
  if (!mangled.starts_with("_Z")) return false;
  mangled.remove_prefix(std::min(mangled.find_first_not_of("_ZNKVrOR"), mangled.size()));
  return starts_with_any(mangled, {"St", "Sa", "Sb", "Ss", "Si", "So", "Sd", "9__gnu_cxx", "10__cxxabiv1", "5boost9unit_test", "5boost10test_tools", "5boost7atomics", "5Catch", "7testing", "7doctest"});
}

}  // namespace

// In a folder of that name; but the tests of the primitives are tests.
bool is_primitive(std::string_view file) {
  return (contains(file, "/primitives/") || file.starts_with("primitives/")) && !contains(file, "tests/");
}

bool is_library(std::string_view file, std::string_view mangled, bool library_module) {
  if (is_installed_primitive(file)) return false;
  if (const auto own = declared_own(patterns_of_environment(), file)) return !*own;
  return library_module || is_library_file(file) || is_api_header(file, mangled) || is_in_library_namespace(mangled);
}

bool is_installed(std::string_view file, bool library_module) {
  return library_module || (!is_primitive(file) && starts_with_any(file, {"/usr/include/", "/usr/local/include/"}));
}

std::optional<bool> declared_own(std::string_view patterns, std::string_view path) {
  std::optional<bool> own;
  while (!patterns.empty() && !path.empty()) {
    std::string_view pattern = patterns.substr(0, patterns.find(':'));
    patterns.remove_prefix(std::min(pattern.size() + 1, patterns.size()));
    const bool librarys = pattern.starts_with('-');
    if (librarys) pattern.remove_prefix(1);
    bool matches = !pattern.empty();
    for (std::size_t from = 0; matches && !pattern.empty();) {
      const std::string_view part = pattern.substr(0, pattern.find('*'));
      pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
      const std::size_t at = path.find(part, from);
      matches = at != path.npos;
      from = at + part.size();
    }
    if (matches) own = !librarys;
  }
  return own;
}

bool is_library_module(std::string_view path) {
  return is_library_file(path) || base_name(path).starts_with("libinterleave.so") || base_name(path).starts_with("[vdso");
}

}  // namespace interleave
