// Compiled without instrumentation, as a library that somebody else has built: in an object of the program, and in a shared library.
#include "library.hpp"

#include <atomic>
#include <thread>

namespace LIBRARY {
namespace {

std::atomic<int> held[2];
int kept = 0;
thread_local int of_thread = 7;

}  // namespace

void lock(int i) {
  int none = 0;
  while (!held[i].compare_exchange_weak(none, 1)) {
    none = 0;
    std::this_thread::yield();
  }
}
void unlock(int i) { held[i] = 0; }
void add(int& n) { ++n; }
int keep() { return ++kept; }
void call(void (*function)(void*), void* argument) {
  ++kept;
  function(argument);
}
bool try_lock(int i) { return held[i].exchange(1) == 0; }
bool is_zero(const int& n) { return n == 0; }
int mine() { return ++of_thread; }
int twice(int n) { return 2 * n; }

}  // namespace LIBRARY
