#include "shared_export.h"
#include "shared_registry.hpp"
#ifndef shared_EXPORTS
#error DEFINE_SYMBOL
#endif
extern "C" void shared_private(int* n);
extern "C" SHARED_EXPORT void shared(int* n);
extern "C" void shared(int* n) { ++*n; }
extern "C" SHARED_EXPORT void through_shared(int* n);
extern "C" void through_shared(int* n) { shared_private(n); }
static const bool registered = (register_in_shared(), true);
