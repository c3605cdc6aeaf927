#ifndef IN_PCH
#error
#endif
std::pair<std::size_t, int> from_pch;
#include "racy.h"
RACY(pch)
