#ifndef IN_PCH
#error
#endif
static std::vector<std::string> from_pch_too;
#include "racy.h"
RACY(pch_reused)
