// What a report says of code that is not instrumented.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/modules/code_origin.hpp"
#include "scheduler/report/trust.hpp"
#include "scheduler/symbols/symbols.hpp"
#include "scheduler/unseen/unseen_traps.hpp"

namespace interleave::engine::unseen {
namespace {

std::string capped(std::string text) {
  constexpr std::size_t most = 120;
  if (text.size() > most) text = text.substr(0, most - 3) + "...";
  return text;
}

void tell_module(const std::string& path, Ran ran, Report& report) {
  const std::string name(base_name(path));
  const std::string_view did = ran == Ran::yes ? "ran" : "may have run";
  if (trusted_module(path)) {
    report.trusted.push_back(fmt::format("{} (not instrumented) {}", name, did));
  } else {
    report.unseen.push_back(fmt::format("{} (not instrumented) {}: what it reads, writes and locks was not seen", name, did));
  }
}

void tell_modules(Report& report) {
  for (const Module& module : traps().modules)
    if (module.ran != Ran::no) tell_module(module.code->path, module.ran, report);
  for (const auto& [path, ran] : traps().gone) tell_module(path, ran, report);
}

// What is said of together: of one source file, or of all the headers of libraries, whose functions an object that is not instrumented has
// brought along.
struct Kind {
  std::string file;
  Ran ran;
  bool assembly;
  auto operator<=>(const Kind&) const = default;
};

struct Group {
  std::string first;
  std::size_t count = 0;
};

std::string sentence(const Kind& kind, const Group& group) {
  std::string text = kind.assembly ? "assembly in " + group.first : group.first;
  if (group.count > 1)
    text += fmt::format(" and {} more {}{}", group.count - 1, kind.assembly ? "place" : "function", group.count == 2 ? "" : "s");
  if (!kind.file.empty()) text += " of " + kind.file;
  return text + (kind.ran == Ran::yes ? " (not instrumented) ran" : " (not instrumented) may have run");
}

void tell_functions(Report& report) {
  std::map<Kind, Group> unseen, trusted;
  Symbols symbols;
  for (const Function& function : traps().functions) {
    if (function.ran == Ran::no) continue;
    std::string name = function.code->name.empty()
                           ? fmt::format("the function at {}+{:#x}", base_name(function.code->module), function.code->offset)
                           : demangled(function.code->name.c_str());
    const bool assembly = function.code->assembly != nullptr;
    const auto& frames = symbols.frames(function.code->begin + 1);
    const Frame& frame = assembly ? frames.front() : frames.back();
    auto& groups = trusted_module(function.code->module) || trusted_function(name, frame.file) ? trusted : unseen;
    Group& group = groups[{(frame.library || frame.installed) && !assembly ? "headers of libraries" : std::string(base_name(frame.file)), function.ran, assembly}];
    name = capped(name);
    if (assembly) name += fmt::format(" ({})", function.code->assembly);
    if (group.count++ == 0) group.first = name;
  }
  for (const auto& [kind, group] : unseen)
    report.unseen.push_back(fmt::format("{}: what {} and {} was not seen", sentence(kind, group), group.count == 1 ? "it reads, writes" : "they read, write",
                                        group.count == 1 ? "locks" : "lock"));
  for (const auto& [kind, group] : trusted) report.trusted.push_back(sentence(kind, group));
}

void tell(Report& report) {
  Traps& all = traps();
  notice_loaded();
  remove_traps();
  if (all.blind) {
    for (Module& module : all.modules) module.ran = std::max(module.ran, Ran::perhaps);
    for (Function& function : all.functions) function.ran = std::max(function.ran, Ran::perhaps);
  }
  tell_modules(report);
  if (std::any_of(all.functions.begin(), all.functions.end(), [](const Function& function) { return function.ran != Ran::no; })) tell_functions(report);
  for (const std::string& path : unseen_code().unreadable)
    if (!trusted_module(path))
      report.unseen.push_back(fmt::format("{} has no symbols that can be read (do not strip it): which of its functions are not instrumented is not known", base_name(path)));
  if (const std::string names = unused_trust(); !names.empty())
    fmt::print(stderr, "interleave: INTERLEAVE_TRUST names {}, and no code of that name ran without instrumentation: correct the name, or leave it out\n", names);
}

const hooks::Basis telling(nullptr, &tell);

}  // namespace
}  // namespace interleave::engine::unseen
