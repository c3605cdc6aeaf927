#if __cplusplus != 201703L || !defined __STRICT_ANSI__ || !defined __PIC__
#error standard
#endif
#if !defined BY_TARGET_FLAGS || !defined ONLY_CXX || !defined CONFIGURED || !defined INCLUDED
#error definitions
#endif
static const int mine = 7;
static_assert(PROPERTY_OF_MINE == 7);
#include "racy.h"
RACY(properties)
