#include "scheduler/runtime/outside_calls.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "scheduler/explain/recorder.hpp"
#include "scheduler/runtime/kernel_files.hpp"

namespace interleave::engine {
namespace {

const char* noun_of(const struct stat& status, int descriptor) {
  if (S_ISSOCK(status.st_mode)) return "a socket";
  if (S_ISFIFO(status.st_mode)) return "a pipe";
  return isatty(descriptor) != 0 ? "a terminal" : "a descriptor";
}

const char kernel_objects = 0;
const OperationType use_type{.name = "system call", .access = Access::write, .noun = "kernel"};


void step_at(const char* name, int descriptor, const void* caller) {
  if (!modelled()) return;
  const int error = errno;
  struct stat status {};
  const bool prints = descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO;
  const bool channel = !prints && fstat(descriptor, &status) == 0 &&
                       (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || (status.st_mode & S_IFMT) == 0);  // the last: an eventfd and its kin
  errno = error;
  if (channel) step_in_kernel(caller, name, descriptor);
}

}  // namespace

[[noreturn]] void would_wait(const char* name, const char* what) {
  unsupported(name, fmt::format("it would wait for {}, which no modelled thread can bring about", what).c_str());
}

// Until there is a second thread nobody can come between. And a library that we cannot see into may hold a lock of its own.
void step_in_kernel(const void* caller, const char* name, int descriptor) {
  const Model model;
  if (!model || model->threads_created() == 1 || !is_program(caller)) return;
  const int error = errno;
  kernel_call = {name, descriptor};
  model->step({.type = &use_type, .object = &kernel_objects});
  memory->beyond();
  errno = error;
}

void ready(const char* name, int descriptor, short events, const void* caller) {
  step_at(name, descriptor, caller);
  const Model model;
  if (!model) return;
  const int error = errno;
  struct stat status {};
  pollfd asked{descriptor, events, 0};
  const bool output = events == POLLOUT;
  const bool fine = fstat(descriptor, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode) ||
                    (output && (S_ISCHR(status.st_mode) || descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO)) ||
                    REAL(poll)(&asked, 1, 0) != 0 || (fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0;
  errno = error;
  if (!fine) would_wait(name, noun_of(status, descriptor));
}

void ready_unless(bool not_waiting, const char* name, int descriptor, short events, const void* caller) {
  if (not_waiting) return step_at(name, descriptor, caller);
  ready(name, descriptor, events, caller);
}

void closes(int descriptor, const void* caller) { step_at("close", descriptor, caller); }

void about_to_fill(void* p, std::size_t size) {
  if (modelled() && p != nullptr) memory->note_write(p, size);
}
void about_to_fill(const iovec* parts, int count) {
  for (int i = 0; i < count; ++i) about_to_fill(parts[i].iov_base, parts[i].iov_len);
}
void wrote(const void* p, std::size_t size) {
  if (modelled() && p != nullptr && size > 0) shown(p, size, true);
}
ssize_t filled(int descriptor, void* p, std::size_t room, ssize_t size) {
  if (!modelled() || size <= 0) return size;
  const std::size_t written = std::min(room, static_cast<std::size_t>(size));
  wrote(p, written);
  const Model model;
  if (uses_kernel_file(descriptor) == KernelFile::random_numbers) give_random_bytes(p, written);
  return size;
}
ssize_t filled(int descriptor, const iovec* parts, int count, ssize_t size) {
  ssize_t left = size;
  for (int i = 0; i < count && left > 0; left -= static_cast<ssize_t>(parts[i++].iov_len)) filled(descriptor, parts[i].iov_base, parts[i].iov_len, left);
  return size;
}

}  // namespace interleave::engine
