#include "scheduler/report/corpus.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include <interleave/interleave.hpp>

#include "scheduler/model/schedule.hpp"
#include "scheduler/report/report_files.hpp"

namespace interleave {
namespace {

using State = PastFailure::State;

constexpr std::string_view heading = "interleave corpus 1", heading_of_any = "interleave corpus ", last_line = "end";
constexpr State states[] = {State::failing, State::fixed, State::aside};
constexpr std::string_view off_hint = "INTERLEAVE_CORPUS=0 switches it off";

std::string failed_to(const char* what, const std::string& path, int error) {
  return fmt::format("cannot {} {}: {} ({})", what, path, std::strerror(error), off_hint);
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// A value on one line.
std::string escaped(std::string_view text) {
  std::string line;
  for (const char c : text) line += c == '\\' ? std::string("\\\\") : c == '\n' ? std::string("\\n") : c == '\r' ? std::string("\\r") : std::string(1, c);
  return line;
}

std::string unescaped(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool mark = line[i] == '\\' && i + 1 < line.size();
    if (mark) ++i;
    text += mark && line[i] == 'n' ? '\n' : mark && line[i] == 'r' ? '\r' : line[i];
  }
  return text;
}

std::string text_of(const PastFailure& failure) {
  std::string text = fmt::format("{}\n", heading);
  const auto put = [&](std::string_view key, std::string_view value) { text += fmt::format("{}: {}\n", key, escaped(value)); };
  put("test", failure.test);
  put("number", std::to_string(failure.number));
  put("kind", failure.kind);
  put("message", failure.message);
  put("conditions", failure.conditions);
  put("build", fmt::format("{:08x}", failure.build));
  put("program", failure.program);
  for (const std::string& argument : failure.arguments) put("argument", argument);
  put("folder", failure.folder);
  put("token", failure.token);
  return text + std::string(last_line) + "\n";
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size();
}

// Whether the text is that of an entry. Keys that are not known are those of a later version, and say nothing here.
bool read_entry(std::string_view text, PastFailure& failure) {
  bool ended = false;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t end = text.find('\n');
    if (end == text.npos || ended) return false;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first) {
      if (line != heading) return false;
      continue;
    }
    ended = line == last_line;
    const std::size_t colon = line.find(": ");
    if (ended || colon == line.npos) continue;
    const std::string_view key = line.substr(0, colon);
    const std::string value = unescaped(line.substr(colon + 2));
    if (key == "test") failure.test = value;
    else if (key == "number" && !read_number(value, failure.number, 10)) return false;
    else if (key == "kind") failure.kind = value;
    else if (key == "message") failure.message = value;
    else if (key == "conditions") failure.conditions = value;
    else if (key == "build" && !read_number(value, failure.build, 16)) return false;
    else if (key == "program") failure.program = value;
    else if (key == "argument") failure.arguments.push_back(value);
    else if (key == "folder") failure.folder = value;
    else if (key == "token") failure.token = value;
  }
  if (!ended || failure.test.empty() || failure.token.empty()) return false;
  try {
    decode(failure.token, failure.test);
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

// Zero, or the error.
int read_file(const std::string& path, std::string& text) {
  constexpr std::size_t most = std::size_t{16} << 20;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return errno;
  int error = 0;
  char bytes[4096];
  while (error == 0 && text.size() < most) {
    const ssize_t n = ::read(file, bytes, sizeof bytes);
    if (n == 0) break;
    if (n > 0) text.append(bytes, static_cast<std::size_t>(n));
    else if (errno != EINTR) error = errno;
  }
  ::close(file);
  return error;
}

// Zero, or the error. The file is on the disk when its name is.
int replace_file(const std::string& path, std::string_view text) {
  static unsigned written = 0;
  const std::string beside = fmt::format("{}.{}-{}.new", path, getpid(), ++written);
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  int error = 0;
  while (error == 0 && !text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    else if (n == 0) error = ENOSPC;
    else if (errno != EINTR) error = errno;
  }
  if (error == 0 && ::fsync(file) != 0 && errno != EINVAL && errno != ENOSYS) error = errno;
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(beside.c_str());
  return error;
}

// Names in the folder, sorted. Zero, or the error.
int names_in(const std::string& folder, std::vector<std::string>& names) {
  DIR* const opened = ::opendir(folder.c_str());
  if (opened == nullptr) return errno;
  while (const dirent* entry = ::readdir(opened)) names.emplace_back(entry->d_name);
  ::closedir(opened);
  std::sort(names.begin(), names.end());
  return 0;
}

// The process that was writing this file is no more.
bool is_left_over(std::string_view name) {
  constexpr std::string_view end = ".new";
  if (!name.ends_with(end)) return false;
  const std::string_view rest = name.substr(0, name.size() - end.size());
  const std::size_t dash = rest.rfind('-'), dot = rest.rfind('.');
  pid_t writer = 0;
  return dash != rest.npos && dot != rest.npos && dot < dash && read_number(rest.substr(dot + 1, dash - dot - 1), writer, 10) && writer > 0 &&
         ::kill(writer, 0) != 0 && errno == ESRCH;
}

// The same for the same schedule of the same check, from whatever build the token is.
std::string stem_of(const PastFailure& failure) {
  Schedule schedule = decode(failure.token, failure.test);
  schedule.build = 0;
  std::uint64_t sum = 14695981039346656037u;
  for (const char c : encode(schedule)) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return fmt::format("{:016x}-{}", sum, failure.number);
}

}  // namespace

std::string_view word_of(State state) {
  switch (state) {
    case State::failing: return "failing";
    case State::fixed: return "fixed";
    case State::aside: return "aside";
  }
  return "?";
}

std::optional<Corpus> Corpus::of_process() {
  constexpr std::string_view name = ".interleave";
  const auto value_of = [](const char* variable) {
    const char* value = std::getenv(variable);
    return std::string_view(value == nullptr ? "" : value);
  };
  const std::string_view asked = value_of("INTERLEAVE_CORPUS"), project = value_of("INTERLEAVE_PROJECT");
  for (const std::string_view off : {"0", "no", "off", "false"})
    if (asked == off) return std::nullopt;
  bool on = false;
  for (const std::string_view word : {"1", "yes", "on", "true"}) on = on || asked == word;
  if (!asked.empty() && !on) return Corpus(std::string(asked));
  if (!project.empty()) return Corpus(fmt::format("{}/{}", project, name));
  char here[4096];
  if (::getcwd(here, sizeof here) == nullptr) return std::nullopt;
  const auto beside = [&](std::string_view folder) { return fmt::format("{}/{}", folder == "/" ? "" : folder, name); };
  std::string project_here;
  for (std::string folder = here;; folder.resize(std::max<std::size_t>(folder.rfind('/'), 1))) {
    if (is_folder(beside(folder))) return Corpus(beside(folder));
    if (project_here.empty() && ::access(fmt::format("{}/.git", folder).c_str(), F_OK) == 0) project_here = folder;
    if (folder == "/" || folder.rfind('/') == folder.npos) break;
  }
  if (!on) return std::nullopt;
  return Corpus(beside(project_here.empty() ? std::string_view(here) : std::string_view(project_here)));
}

std::string Corpus::folder_of(std::string_view test) const { return fmt::format("{}/corpus/{}", folder_, file_name_of(test)); }

std::string Corpus::path_of(const PastFailure& failure) const {
  return fmt::format("{}/{}.{}", folder_of(failure.test), failure.stem, word_of(failure.state));
}

void Corpus::read_folder(const std::string& path, std::vector<PastFailure>& into, std::string& trouble) const {
  std::vector<std::string> names;
  if (const int error = names_in(path, names); error != 0) {
    if (error != ENOENT && error != ENOTDIR && trouble.empty()) trouble = failed_to("read", path, error);
    return;
  }
  const std::size_t before = into.size();
  for (const std::string& name : names) {
    const std::size_t dot = name.rfind('.');
    const auto* state = std::find_if(std::begin(states), std::end(states), [&](State each) { return dot != name.npos && name.substr(dot + 1) == word_of(each); });
    if (state == std::end(states)) continue;
    const std::string file = fmt::format("{}/{}", path, name);
    PastFailure failure;
    std::string text;
    const int error = read_file(file, text);
    if (error == ENOENT) continue;  // another process has renamed it meanwhile
    if (error != 0) {
      if (trouble.empty()) trouble = failed_to("read", file, error);
    } else if (read_entry(text, failure)) {
      failure.state = *state;
      failure.stem = name.substr(0, dot);
      if (into.size() > before && into.back().stem == failure.stem) {  // "aside", "failing", "fixed"
        if (failure.state == State::failing) into.back() = std::move(failure);
      } else {
        into.push_back(std::move(failure));
      }
    } else if (trouble.empty()) {
      const bool other_version = text.starts_with(heading_of_any) && !text.starts_with(fmt::format("{}\n", heading));
      trouble = other_version ? fmt::format("{} is of another version of Interleave, and is left as it is", file)
                              : fmt::format("{} is damaged, and is left as it is; interleave corpus drop removes entries, rm removes this one", file);
    }
  }
}

std::vector<PastFailure> Corpus::of_test(std::string_view test, std::string& trouble) const {
  std::vector<PastFailure> failures;
  read_folder(folder_of(test), failures, trouble);
  std::erase_if(failures, [&](const PastFailure& each) { return each.test != test; });
  return failures;
}

std::vector<PastFailure> Corpus::all(std::string& trouble) const {
  std::vector<PastFailure> failures;
  std::vector<std::string> names;
  const std::string tests = folder_ + "/corpus";
  if (const int error = names_in(tests, names); error != 0 && error != ENOENT) trouble = failed_to("read", tests, error);
  for (const std::string& name : names)
    if (name != "." && name != "..") read_folder(fmt::format("{}/{}", tests, name), failures, trouble);
  std::stable_sort(failures.begin(), failures.end(), [](const PastFailure& a, const PastFailure& b) { return a.test < b.test; });
  return failures;
}

// Makes what is missing of the folder; a sentence, or empty. The folder that has it must be there: it is somebody's project.
std::string Corpus::made() const {
  if (::mkdir(folder_.c_str(), 0777) == 0) {
    replace_file(folder_ + "/.gitignore", "*\n");
  } else if (errno != EEXIST) {
    return failed_to("make", folder_, errno);
  }
  const std::string tests = folder_ + "/corpus";
  if (::mkdir(tests.c_str(), 0777) != 0 && errno != EEXIST) return failed_to("make", tests, errno);
  return {};
}

std::string Corpus::keep(PastFailure& failure) const {
  failure.stem = stem_of(failure);
  failure.state = State::failing;
  if (std::string trouble = made(); !trouble.empty()) return trouble;
  const std::string folder = folder_of(failure.test);
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) return failed_to("make", folder, errno);
  std::vector<std::string> names;
  names_in(folder, names);
  for (const std::string& name : names)
    if (is_left_over(name)) ::unlink(fmt::format("{}/{}", folder, name).c_str());
  const std::string path = path_of(failure);
  if (const int error = replace_file(path, text_of(failure)); error != 0) return failed_to("write", path, error);
  for (const State other : {State::fixed, State::aside}) {
    PastFailure earlier = failure;
    earlier.state = other;
    ::unlink(path_of(earlier).c_str());
  }
  return {};
}

bool Corpus::move(PastFailure& failure, State state, std::string& trouble) const {
  const std::string from = path_of(failure);
  failure.state = state;
  if (std::rename(from.c_str(), path_of(failure).c_str()) == 0) return true;
  if (errno != ENOENT && trouble.empty()) trouble = failed_to("rename", from, errno);
  return false;
}

std::string Corpus::drop(const PastFailure& failure) const {
  const std::string path = path_of(failure);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed_to("remove", path, errno);
  ::rmdir(folder_of(failure.test).c_str());  // unless there is more in it
  return {};
}

}  // namespace interleave
