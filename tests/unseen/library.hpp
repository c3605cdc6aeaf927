// The same library twice: in the program, and shared.
#pragma once

#define INTERLEAVE_UNSEEN_LIBRARY                      \
  void lock(int i);                                    \
  void unlock(int i);                                  \
  void add(int& n);                                    \
  int keep();                                          \
  void call(void (*function)(void*), void* argument);  \
  bool try_lock(int i);                                \
  bool is_zero(const int& n);                          \
  int mine();                                          \
  int twice(int n);  /* touches no memory */

namespace inside {
INTERLEAVE_UNSEEN_LIBRARY
}
namespace beside {
INTERLEAVE_UNSEEN_LIBRARY
}
namespace trusted {
INTERLEAVE_UNSEEN_LIBRARY
}
