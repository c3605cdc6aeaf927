#include "inline.hpp"
extern "C" int precompiled(int* n);
extern "C" int precompiled(int* n) { count_inline(n); return *n; }
