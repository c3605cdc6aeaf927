#pragma once
// An inline function that the precompiled library has a copy of, uninstrumented.
struct Counter {
  int value = 0;
  __attribute__((noinline)) void count() { ++value; }
};
inline __attribute__((noinline)) void count_inline(int* n) { ++*n; }
