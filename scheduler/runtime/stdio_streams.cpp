// Streams (FILE). The C library keeps all open ones in a list of its own, so one that an execution opens must not lie in the
// execution's heap: left open, it would stay in the list when its memory belongs to another. Streams come from the real heap, and
// those that an execution leaves open are closed when it has ended.
#include <stdio.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "scheduler/runtime/door.hpp"
#include "scheduler/runtime/stdio_streams.hpp"
#include "scheduler/runtime/kernel_files.hpp"

namespace interleave::engine {
namespace {

std::vector<std::FILE*>& opened() {
  static auto* const list = new std::vector<std::FILE*>;
  return *list;
}

// What `open` returns, out of the execution's heap; to be closed with the execution.
template <class Open>
std::FILE* opened_by(Open open, const void* caller = __builtin_return_address(0)) {
  const Model model;
  std::FILE* stream = open();
  if (!model || stream == nullptr) return stream;
  // libstdc++ reads from the descriptor, by another door.
  if (is_program(caller) && fileno(stream) >= 0 && uses_kernel_file(fileno(stream)) == KernelFile::random_numbers) stream = random_stream(stream);
  opened().push_back(stream);
  return stream;
}

void release(std::FILE* stream) {
  if (stream->_lock != nullptr) std::memset(static_cast<void*>(stream->_lock), 0, sizeof(int) * 2 + sizeof(void*));
}

}  // namespace

void release_streams() {
  for (std::FILE* stream : {stdin, stdout, stderr}) release(stream);
  for (std::FILE* stream : opened()) release(stream);
}

void close_streams() {
  for (std::FILE* stream : opened()) {
    release(stream);
    std::fclose(stream);
  }
  opened().clear();
}

}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

std::FILE* fopen(const char* name, const char* how) { return opened_by([&] { return REAL(fopen)(name, how); }); }
std::FILE* fopen64(const char* name, const char* how) { return opened_by([&] { return REAL(fopen64)(name, how); }); }
std::FILE* fdopen(int descriptor, const char* how) noexcept { return opened_by([&] { return REAL(fdopen)(descriptor, how); }); }
std::FILE* tmpfile() { return opened_by([&] { return REAL(tmpfile)(); }); }
std::FILE* tmpfile64() { return opened_by([&] { return REAL(tmpfile64)(); }); }
std::FILE* fmemopen(void* p, std::size_t n, const char* how) noexcept { return opened_by([&] { return REAL(fmemopen)(p, n, how); }); }

int fclose(std::FILE* stream) {
  const Model model;
  if (model) {
    const auto known = std::find(opened().begin(), opened().end(), stream);
    if (known != opened().end()) opened().erase(known);
  }
  return REAL(fclose)(stream);
}

}  // extern "C"

#pragma GCC visibility pop
