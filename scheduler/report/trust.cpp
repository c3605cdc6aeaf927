#include "scheduler/report/trust.hpp"

#include <fnmatch.h>

#include <cstdlib>
#include <deque>

#include "scheduler/modules/code_origin.hpp"

// Defined by a program whose interleave_add_test names what it trusts; ends with null.
extern "C" __attribute__((weak, visibility("default"))) const char* const interleave_trusted_modules[];

namespace interleave::engine {
namespace {

struct Trusted {
  std::string name;
  bool used = false, told = false;
  bool asked_for = false;  // by the variable
};

std::deque<Trusted>& list() {
  static auto* const names = [] {
    auto* const found = new std::deque<Trusted>;
    const char* const variable = std::getenv("INTERLEAVE_TRUST");
    for (std::string_view rest = variable != nullptr ? variable : ""; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find(':'));
      if (!name.empty()) found->push_back({.name = std::string(name), .asked_for = true});
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    if (interleave_trusted_modules != nullptr)
      for (const char* const* name = interleave_trusted_modules; *name != nullptr; ++name) found->push_back({.name = *name});
    return found;
  }();
  return *names;
}

bool matches(const std::string& pattern, std::string_view text) { return fnmatch(pattern.c_str(), std::string(text).c_str(), 0) == 0; }

template <class F>
bool any_trusts(F matching) {
  bool any = false;
  for (Trusted& each : list()) {
    if (!matching(each.name)) continue;
    any = each.used = true;
  }
  return any;
}

}  // namespace

bool trusted_module(std::string_view path) {
  const std::string_view file = base_name(path), with_so = file.substr(0, file.find(".so") == std::string_view::npos ? file.size() : file.find(".so") + 3),
                         stem = file.substr(0, file.find(".so"));
  return any_trusts([&](const std::string& name) { return matches(name, path) || matches(name, file) || matches(name, with_so) || matches(name, stem); });
}

bool trusted_function(std::string_view demangled, std::string_view source_file) {
  const std::string_view bare = demangled.substr(0, demangled.find('('));
  return any_trusts([&](const std::string& name) {
    return matches(name, demangled) || matches(name, bare) ||
           (!source_file.empty() && (matches(name, source_file) || matches(name, base_name(source_file))));
  });
}

bool trusts_any() { return !list().empty(); }

std::string unused_trust() {
  std::string names;
  for (Trusted& each : list()) {
    if (each.used || each.told || !each.asked_for) continue;
    each.told = true;
    names += (names.empty() ? "" : ", ") + each.name;
  }
  return names;
}

}  // namespace interleave::engine
