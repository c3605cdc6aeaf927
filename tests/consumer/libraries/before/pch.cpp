#ifndef IN_PCH
#error
#endif
std::vector<std::string> from_pch;
#include "racy.h"
RACY(pch)
