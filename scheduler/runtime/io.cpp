// Reading and writing through descriptors (outside_calls.hpp).
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <poll.h>
#include <unistd.h>

#include "scheduler/runtime/outside_calls.hpp"

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

ssize_t read(int d, void* p, std::size_t n) {
  ready("read", d, POLLIN);
  about_to_fill(p, n);
  return filled(d, p, n, REAL(read)(d, p, n));
}
ssize_t __read_chk(int d, void* p, std::size_t n, std::size_t room) {
  ready("read", d, POLLIN);
  about_to_fill(p, n);
  static auto* const real = reinterpret_cast<decltype(&__read_chk)>(next_definition("__read_chk"));
  return filled(d, p, n, real(d, p, n, room));
}
ssize_t readv(int d, const iovec* v, int n) {
  ready("readv", d, POLLIN);
  about_to_fill(v, n);
  return filled(d, v, n, REAL(readv)(d, v, n));
}
ssize_t write(int d, const void* p, std::size_t n) {
  ready("write", d, POLLOUT);
  static auto* const real = reinterpret_cast<ssize_t (*)(int, const void*, std::size_t)>(next_definition("write"));
  return real(d, p, n);
}
ssize_t writev(int d, const iovec* v, int n) {
  ready("writev", d, POLLOUT);
  return REAL(writev)(d, v, n);
}
int close(int d) {
  closes(d);
  return REAL(close)(d);
}
int eventfd_read(int d, eventfd_t* value) {
  ready("eventfd_read", d, POLLIN);
  about_to_fill(value, sizeof *value);
  const int result = REAL(eventfd_read)(d, value);
  if (result == 0) wrote(value, sizeof *value);
  return result;
}
int eventfd_write(int d, eventfd_t value) {
  ready("eventfd_write", d, POLLOUT);
  return REAL(eventfd_write)(d, value);
}

}  // extern "C"

#pragma GCC visibility pop
