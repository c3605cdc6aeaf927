#include "document.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace interleave::cli {
namespace {

void write_all(int file, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "cannot write " + name);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

Document::Document(const std::string& file) {
  if (file.empty()) {
    stdout_ = std::make_unique<ReservedStdout>();
    return;
  }
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(file, error);  // a link stays one
  file_ = error ? file : path.string();
  const auto status = std::filesystem::status(file_, error);
  if (std::filesystem::is_directory(status)) throw UsageError(fmt::format("{} is a folder; give the name of a file", file));
  regular_ = !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
  if (!regular_) return;
  const std::string beside = file_beside();
  const int probe = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (probe < 0)
    throw UsageError(fmt::format("cannot write {}: {}; give a file in a folder that exists and may be written", file, std::strerror(errno)));
  ::close(probe);
  ::unlink(beside.c_str());
}

Document::~Document() = default;

void Document::update(std::string_view text) {
  if (!file_.empty()) replace_file(text);
}

void Document::finish(std::string_view text) {
  if (stdout_ != nullptr) {
    stdout_->write(text);
  } else if (regular_) {
    replace_file(text);
  } else {
    const int device = ::open(file_.c_str(), O_WRONLY | O_CLOEXEC);
    if (device < 0) throw std::system_error(errno, std::generic_category(), "cannot write " + file_);
    write_all(device, text, file_);
    ::close(device);
  }
}

std::string Document::file_beside() const { return fmt::format("{}.{}", file_, getpid()); }

// A reader sees the old file or the new one, never a part.
void Document::replace_file(std::string_view text) const {
  if (!regular_) return;
  const std::string beside = file_beside();
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "cannot write " + file_);
  try {
    write_all(file, text, file_);
  } catch (...) {
    ::close(file);
    ::unlink(beside.c_str());
    throw;
  }
  ::close(file);
  if (std::rename(beside.c_str(), file_.c_str()) != 0) {
    const int why = errno;
    ::unlink(beside.c_str());
    throw std::system_error(why, std::generic_category(), "cannot write " + file_);
  }
}

}  // namespace interleave::cli
