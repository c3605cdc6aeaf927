#ifdef IN_PCH
#error
#endif
#include "racy.h"
RACY(no_pch)
