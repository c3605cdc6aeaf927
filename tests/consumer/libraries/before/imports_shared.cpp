#ifndef FROM_SECRET
#error
#endif
extern "C" int precompiled(int* n);
int use_precompiled_too(int* n);
int use_precompiled_too(int* n) { return precompiled(n); }
#include "racy.h"
RACY(imports_shared)
