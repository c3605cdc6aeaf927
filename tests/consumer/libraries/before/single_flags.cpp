#if !defined BY_FLAG || BY_FLAG_2 != 2
#error
#endif
#include "racy.h"
RACY(single_flags)
