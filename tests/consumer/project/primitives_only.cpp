// Python's primitives without the checker: real threads, no instrumentation, nothing but POSIX underneath.
#include <interleave/primitives/event.hpp>
#include <interleave/primitives/lock.hpp>
#include <interleave/primitives/thread.hpp>

#include <mutex>

int main() {
  interleave::Lock lock;
  interleave::Event go;
  int n = 0;
  const auto body = [&] {
    go.wait();
    const std::lock_guard held(lock);
    ++n;
  };
  interleave::Thread a(body), b(body);
  a.start();
  b.start();
  go.set();
  a.join();
  b.join();
  return n == 2 ? 0 : 1;
}
