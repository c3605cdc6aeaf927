#include "scheduler/runtime/kernel_files.hpp"

#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/runtime/door.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {
namespace {

struct Use {
  std::string name;
  std::vector<const void*> stack;
};

// The first, since the exploration began.
Use& first() {
  static auto* const only = new Use;
  return *only;
}

std::string name_of(int descriptor) {
  std::array<char, 256> name{};
  const ssize_t size = readlink(fmt::format("/proc/self/fd/{}", descriptor).c_str(), name.data(), name.size());
  std::string text(name.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  // The same in every process.
  const std::string own = fmt::format("/proc/{}/", getpid());
  if (text.starts_with(own)) text = "/proc/self/" + text.substr(own.size());
  return text.empty() ? "a file of /proc" : text;
}

void note(int descriptor) {
  if (!first().stack.empty()) return;
  first().name = name_of(descriptor);
  _Unwind_Backtrace(
      [](_Unwind_Context* frame, void* result) {
        auto& stack = *static_cast<std::vector<const void*>*>(result);
        stack.push_back(reinterpret_cast<const void*>(_Unwind_GetIP(frame)));
        return stack.size() < 64 ? _URC_NO_REASON : _URC_END_OF_STACK;
      },
      &first().stack);
}

void tell(Report& report) {
  if (first().stack.empty()) return;
  Symbols symbols;
  std::vector<const void*> stack = first().stack;
  std::erase_if(stack, [&](const void* call) {
    for (const Frame& frame : symbols.frames(call))
      if (!frame.library) return false;
    return true;
  });
  report.unseen.push_back(fmt::format("{} reads {}, whose contents come from outside of the model: other contents were not explored",
                                      stack.empty() ? "a library" : symbols.place(stack), first().name));
}

const hooks::Basis basis{[](const Options&) { first() = {}; }, &tell};

}  // namespace

KernelFile uses_kernel_file(int descriptor) {
  const int error = errno;
  struct stat status {};
  struct statfs system {};
  KernelFile kind = KernelFile::none;
  constexpr unsigned memory_devices = 1, random = 8, urandom = 9;
  if (fstat(descriptor, &status) == 0) {
    if (S_ISCHR(status.st_mode) && major(status.st_rdev) == memory_devices && (minor(status.st_rdev) == random || minor(status.st_rdev) == urandom)) {
      kind = KernelFile::random_numbers;
    } else if (S_ISREG(status.st_mode) && status.st_size == 0 && major(status.st_dev) == 0 && fstatfs(descriptor, &system) == 0 &&
               system.f_type == PROC_SUPER_MAGIC) {
      kind = KernelFile::process;
      note(descriptor);
    }
  }
  errno = error;
  return kind;
}

void give_random_bytes(void* p, std::size_t size) {
  memory->beyond();
  auto* const bytes = static_cast<unsigned char*>(p);
  Thread& me = Execution::current->self();
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(me.extras().random.next() >> 32);
}

std::FILE* random_stream(std::FILE* real) {
  REAL(fclose)(real);
  std::FILE* const stream = fopencookie(nullptr, "r", {.read = [](void*, char* p, std::size_t size) {
                                                        const Model model;
                                                        if (model) {
                                                          give_random_bytes(p, size);
                                                          return static_cast<ssize_t>(size);
                                                        }
                                                        return REAL(getrandom)(p, size, 0);
                                                      },
                                                      .write = nullptr, .seek = nullptr, .close = nullptr});
  // As many as are asked for, so that none are given to another thread.
  std::setvbuf(stream, nullptr, _IONBF, 0);
  return stream;
}

}  // namespace interleave::engine
