#include "scheduler/report/report_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "scheduler/report/json.hpp"
#include "scheduler/report/trace_files.hpp"

namespace interleave {
namespace {

// Zero, or the error.
int written(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return ENOSPC;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

int replaced(const std::string& path, std::string_view text) {
  const std::string beside = fmt::format("{}.{}", path, getpid());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  int error = written(file, text);
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(beside.c_str());
  return error;
}

void make_folder(const std::string& folder) {
  for (std::size_t end = folder.find('/', 1); end != folder.npos; end = folder.find('/', end + 1)) ::mkdir(folder.substr(0, end).c_str(), 0777);
  ::mkdir(folder.c_str(), 0777);
}

std::string trouble(const std::string& path, int error) {
  return fmt::format("cannot write {}: {}; give a folder that may be written and has room", path, std::strerror(error));
}

const char* asked_for(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

std::string file_name_of(std::string_view name) {
  constexpr std::size_t longest = 120;
  std::string file;
  bool differs = name.empty() || name.size() > longest || name.front() == '.' || name.front() == '-';
  std::uint32_t checksum = 2166136261;
  for (const char c : name) {
    checksum = (checksum ^ static_cast<unsigned char>(c)) * 16777619;
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    differs = differs || !(kept || c == '/' || c == ':' || c == ' ');
    if (file.size() < longest) file += kept ? c : c == '/' ? '+' : c == ':' ? '@' : '_';
  }
  if (!file.empty() && (file.front() == '.' || file.front() == '-')) file.front() = '_';
  return differs ? fmt::format("{}{}{:08x}", file, file.empty() ? "" : "-", checksum) : file;
}

std::string trouble_with_folder(const std::string& folder) {
  make_folder(folder);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return trouble(folder, errno);
  if (!S_ISDIR(status.st_mode)) return trouble(folder, ENOTDIR);
  return ::access(folder.c_str(), W_OK | X_OK) == 0 ? "" : trouble(folder, errno);
}

Written write_page(const std::string& folder, const Report& report, const PageTexts& texts) {
  Written done;
  done.trouble = trouble_with_folder(folder);
  if (!done.trouble.empty()) return done;
  const std::string stem = folder + (folder.ends_with('/') ? "" : "/") + file_name_of(texts.name);
  const auto put = [&](std::string_view kind, const std::string& text) {
    const std::string path = stem + std::string(kind);
    const int error = replaced(path, text);
    if (error != 0) done.trouble = trouble(path, error);
    return error == 0;
  };
  if (put(".html", page(report, texts))) done.page = stem + ".html";
  if (done.trouble.empty() && report.failure) put(".trace.json", trace_event_file(texts.name, report));
  if (done.trouble.empty() && report.failure) put(".dot", graphviz_file(texts.name, report));
  return done;
}

std::string append_to_file(const std::string& name, std::string_view text) {
  constexpr std::string_view next = "give a file in a folder that exists, may be written and has room";
  const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return fmt::format("cannot write {}: {}; {}", name, std::strerror(errno), next);
  ssize_t n = -1;
  do n = ::write(file, text.data(), text.size());
  while (n < 0 && errno == EINTR);
  int error = n < 0 ? errno : 0;
  if (n >= 0 && static_cast<std::size_t>(n) < text.size()) error = written(file, text.substr(static_cast<std::size_t>(n)));
  if (::close(file) != 0 && error == 0) error = errno;
  return error == 0 ? "" : fmt::format("cannot write {}: {}; {}", name, std::strerror(error), next);
}

void write_what_was_asked_for(const Report& report, const RenderOptions& how) {
  const char* folder = asked_for("INTERLEAVE_REPORT");
  const char* file = asked_for("INTERLEAVE_JSON");
  if (file != nullptr)
    if (const std::string trouble = append_to_file(file, json_of(how.name, report) + "\n"); !trouble.empty())
      fmt::print(stderr, "interleave: INTERLEAVE_JSON: {}; the verdict is not affected\n", trouble);
  if (folder == nullptr || !report.failure) return;
  PageTexts texts{.name = how.name};
  RenderOptions wide = how;
  wide.color = false;
  wide.width = RenderOptions{}.width;
  wide.lines_max = 400;
  texts.text = report_text(report, wide);
  if (!report.failure->schedule.empty()) texts.replay = how.replay_prefix + report.failure->schedule + how.replay_suffix;
  const Written done = write_page(folder, report, texts);
  if (!done.page.empty()) fmt::print(stderr, "interleave: {}  page {}\n", how.name, done.page);
  if (!done.trouble.empty()) fmt::print(stderr, "interleave: INTERLEAVE_REPORT: {}; the verdict is not affected\n", done.trouble);
}

}  // namespace interleave
