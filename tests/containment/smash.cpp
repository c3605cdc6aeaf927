// A function that writes beyond its frame, compiled so that it notices.
#include <cstddef>

void smash_stack(std::size_t n) {
  char frame[16];
  volatile char* p = frame;
  asm volatile("" : "+r"(p));
  for (std::size_t i = 0; i < n; ++i) p[i] = 1;
}
