#if BY_OPTION != 1 || defined __cpp_exceptions
#error
#endif
#include "racy.h"
RACY(single_options)
