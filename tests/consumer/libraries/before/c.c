#if __STDC_VERSION__ != 199901L
#error
#endif
#include "racy.h"
RACY(c_function)
