#include "scheduler/report/suppressions.hpp"

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/api/checker_registry.hpp"
#include "scheduler/support/did_you_mean.hpp"
#include "scheduler/symbols/stack_text.hpp"
#include "scheduler/symbols/symbols.hpp"

// Of the program, if it defines one.
extern "C" __attribute__((weak, visibility("default"))) const char* __tsan_default_suppressions();

namespace interleave::engine::suppressions {
namespace {

struct Kind {
  std::string_view name;
  std::vector<std::string_view> findings;  // that it is for; none: it is ThreadSanitizer's, and there are no such findings here
  bool top = false;                        // looks only at where a stack ends, down to the first function of the program's own
};

const std::vector<Kind>& kinds() {
  static const auto* const all = [] {
    const std::vector<std::string_view> memory = {"data-race", "use-after-free", "out-of-bounds", "double-free", "invalid-free", "mismatched-free"};
    auto* const rows = new std::vector<Kind>{{"race", memory}, {"race_top", memory, true}, {"deadlock", {"deadlock"}}, {"livelock", {"livelock"}},
                                             {"leak", {"leak"}}};
    for (const std::string_view each : memory) rows->push_back({each, {each}});
    for (const std::string_view each : {"thread", "mutex", "signal", "called_from_lib"}) rows->push_back({each, {}});
    return rows;
  }();
  return *all;
}

// ---- lines -----------------------------------------------------------------------------------------------------------

struct Line {
  std::string text;     // KIND:PATTERN
  std::string place;    // file:line
  const Kind* kind = nullptr;
  std::string pattern;
  std::set<std::string> met{}, met_ever{};  // findings that it has set aside: in this exploration, and in all
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\v\f";
  text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
  return text.substr(0, text.find_last_not_of(blank) + 1);
}

Line parsed(std::string_view text, std::string place) {
  const std::size_t colon = text.find(':');
  std::vector<std::string_view> names;
  for (const Kind& kind : kinds()) names.push_back(kind.name);
  if (colon == text.npos)
    throw UsageError(fmt::format("{}: '{}' is no suppression: it takes a kind, a colon and a pattern, as in race:Cache::get", place, text));
  const std::string_view name = trimmed(text.substr(0, colon)), pattern = trimmed(text.substr(colon + 1));
  const auto kind = std::find_if(kinds().begin(), kinds().end(), [&](const Kind& each) { return each.name == name; });
  if (kind == kinds().end())
    throw UsageError(fmt::format("{}: '{}' is no kind of suppression; {} Accepted are {}", place, name, nearest_sentence(name, names), fmt::join(names, ", ")));
  if (pattern.find_first_not_of("^$") == pattern.npos)
    throw UsageError(fmt::format("{}: '{}' names nothing: put a part of the name of a function, file, module or variable behind the colon, or * for all", place, text));
  return {.text = fmt::format("{}:{}", name, pattern), .place = std::move(place), .kind = &*kind, .pattern = std::string(pattern)};
}

std::vector<Line> lines_of(std::string_view text, const std::string& from) {
  std::vector<Line> lines;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() != '#') lines.push_back(parsed(line, fmt::format("{}:{}", from, number)));
  }
  return lines;
}

std::optional<std::string> text_of(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return std::nullopt;
  std::string text;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, n);
  const bool whole = std::ferror(file) == 0;
  std::fclose(file);
  return whole ? std::optional(text) : std::nullopt;
}

// Where a relative path is looked for when it is not in the working directory.
std::string folder_of_program() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  const std::string_view whole(path, length > 0 ? static_cast<std::size_t>(length) : 0);
  return std::string(whole.substr(0, whole.rfind('/') == whole.npos ? 0 : whole.rfind('/')));
}

std::string text_of_file(const std::string& path) {
  if (const auto text = text_of(path)) return *text;
  const std::string why = std::strerror(errno);
  if (path.front() != '/')
    if (const auto text = text_of(folder_of_program() + '/' + path)) return *text;
  throw UsageError(fmt::format("INTERLEAVE_SUPPRESSIONS: the file {} cannot be read ({}): name one that can{}", path, why,
                               path.front() == '/' ? "" : fmt::format(", in the working directory or in {}", folder_of_program())));
}

// ---- those in force --------------------------------------------------------------------------------------------------

std::deque<Line>& ever() {  // each that was in force, once
  static auto* const all = new std::deque<Line>;
  return *all;
}

std::vector<Line*>& in_force() {
  static auto* const all = new std::vector<Line*>;
  return *all;
}

std::unique_ptr<Symbols>& symbols() {
  static auto* const all = new std::unique_ptr<Symbols>;
  return *all;
}

std::string list(bool used) {
  std::string text;
  for (const Line& line : ever()) {
    if (line.met_ever.empty() == used || line.kind->findings.empty()) continue;
    text += (text.empty() ? "" : ", ") + (used ? fmt::format("{} by {}", line.met_ever.size(), line.text) : fmt::format("{} ({})", line.text, line.place));
  }
  return text;
}

// At the end of the process, for a line may be meant for one of many explorations.
void say_what_was_used() {
  static const pid_t process = getpid();
  static const int registered = std::atexit([] {
    if (getpid() != process) return;
    std::size_t findings = 0;
    for (const Line& line : ever()) findings += line.met_ever.size();
    if (findings > 0) fmt::print(stderr, "interleave: {} finding{} suppressed: {}\n", findings, findings == 1 ? " was" : "s were", list(true));
    if (const std::string unused = list(false); !unused.empty())
      fmt::print(stderr, "interleave: nothing was found that these suppressions match: {}\n", unused);
  });
  static_cast<void>(registered);
}

void begin(const Options&) {
  symbols().reset();
  in_force().clear();
  const char* const path = std::getenv("INTERLEAVE_SUPPRESSIONS");
  const bool by_file = path != nullptr && *path != '\0';
  if (!by_file && __tsan_default_suppressions == nullptr) return;
  std::vector<Line> lines;
  if (by_file) lines = lines_of(text_of_file(path), path);
  if (__tsan_default_suppressions != nullptr)
    if (const char* const text = __tsan_default_suppressions())
      for (Line& line : lines_of(text, "__tsan_default_suppressions")) lines.push_back(std::move(line));
  for (Line& line : lines) {
    auto known = std::find_if(ever().begin(), ever().end(), [&](const Line& each) { return each.text == line.text && each.place == line.place; });
    if (known == ever().end()) known = ever().insert(known, std::move(line));
    known->met.clear();
    in_force().push_back(&*known);
  }
  if (!lines.empty()) say_what_was_used();
}

void tell(Report& report) {
  for (const Line* line : in_force()) report.suppressions.push_back({.pattern = line->text, .count = line->met.size()});
}

const hooks::Basis suppressed{&begin, &tell};

// ---- findings --------------------------------------------------------------------------------------------------------

bool is_for(const Line& line, std::string_view kind) {
  return std::find(line.kind->findings.begin(), line.kind->findings.end(), kind) != line.kind->findings.end();
}

std::string_view module_of(const void* address) {
  const char* const call = static_cast<const char*>(address) - 1;
  const char *path = nullptr, *name = nullptr;
  if (Dwfl_Module* const module = symbols()->module_of(call)) {
    name = dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, &path, nullptr);
  } else if (Dl_info info{}; dladdr(call, &info) != 0) {  // loaded since
    path = info.dli_fname;
  }
  return path != nullptr ? path : name != nullptr ? name : "";
}

bool matches_stack(const Line& line, std::span<const void* const> stack) {
  for (const void* const address : stack) {
    for (const Frame& frame : symbols()->frames(address)) {
      if (matches(line.pattern, frame.function) || matches(line.pattern, reader_name(frame.function)) || matches(line.pattern, frame.file) ||
          matches(line.pattern, module_of(address)))
        return true;
      if (line.kind->top && !frame.library && !frame.installed) return false;
    }
  }
  return false;
}

bool matches_object(const Line& line, const void* object) {
  std::string name = symbols()->object_name(object);
  name.resize(std::min(name.rfind('+'), name.size()));
  return matches(line.pattern, name) || matches(line.pattern, reader_name(name));
}

// What is the same finding in every execution.
std::string identity_of(const Finding& finding) {
  std::vector<std::string> places;
  for (const auto& stack : finding.stacks) places.push_back(symbols()->place(stack));
  std::sort(places.begin(), places.end());
  return fmt::format("{} {}", finding.kind, fmt::join(places, " "));
}

bool decide(const Finding& finding) {
  if (symbols() == nullptr) symbols() = std::make_unique<Symbols>();
  for (Line* const line : in_force()) {
    if (!is_for(*line, finding.kind)) continue;
    const bool here = std::any_of(finding.stacks.begin(), finding.stacks.end(), [&](const auto& stack) { return matches_stack(*line, stack); }) ||
                      std::any_of(finding.objects.begin(), finding.objects.end(), [&](const void* object) { return matches_object(*line, object); });
    if (!here) continue;
    const std::string identity = identity_of(finding);
    line->met.insert(identity);
    line->met_ever.insert(identity);
    return true;
  }
  return false;
}

// Reading debug information takes more of a stack than that of a modelled thread may have left.
struct Aside {
  ucontext_t back, there;
  const Finding* finding = nullptr;
  bool answer = false;
};
Aside* aside = nullptr;

}  // namespace

bool meant_for(std::string_view kind) {
  return std::any_of(in_force().begin(), in_force().end(), [&](const Line* line) { return is_for(*line, kind); });
}

bool set_aside(const Finding& finding) {
  constexpr std::size_t stack_size = std::size_t{1} << 20;
  static char* const stack = new char[stack_size];
  static Aside* const contexts = aside = new Aside;
  contexts->finding = &finding;
  getcontext(&contexts->there);
  contexts->there.uc_stack.ss_sp = stack;
  contexts->there.uc_stack.ss_size = stack_size;
  contexts->there.uc_link = &contexts->back;
  makecontext(&contexts->there, [] { aside->answer = decide(*aside->finding); }, 0);
  swapcontext(&contexts->back, &contexts->there);
  return contexts->answer;
}

bool matches(std::string_view pattern, std::string_view text) {
  if (text.empty()) return false;
  const bool from_begin = pattern.starts_with('^');
  if (from_begin) pattern.remove_prefix(1);
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  bool first = true;
  while (true) {
    const std::size_t star = pattern.find('*');
    const std::string_view part = pattern.substr(0, star);
    const bool last = star == pattern.npos;
    if (first && from_begin) {
      if (!text.starts_with(part)) return false;
      text.remove_prefix(part.size());
      if (last) return !to_end || text.empty();
    } else if (last) {
      return to_end ? text.ends_with(part) : text.find(part) != text.npos;
    } else {
      const std::size_t at = text.find(part);
      if (at == text.npos) return false;
      text.remove_prefix(at + part.size());
    }
    first = false;
    pattern.remove_prefix(star + 1);
  }
}

}  // namespace interleave::engine::suppressions
