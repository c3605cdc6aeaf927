#ifndef FROM_SECRET
#error
#endif
extern "C" int precompiled(int* n);
int use_precompiled(int* n);
int use_precompiled(int* n) { return precompiled(n); }
#include "racy.h"
RACY(imports)
