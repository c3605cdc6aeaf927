#ifndef IN_PCH
#error
#endif
static std::pair<std::size_t, int> from_pch_too;
#include "racy.h"
RACY(pch_reused)
