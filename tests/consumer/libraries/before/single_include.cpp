#include <only_here.h>
#ifndef ONLY_HERE
#error
#endif
#include "racy.h"
RACY(single_include)
