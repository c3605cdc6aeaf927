#include "only_here.h"
#include <configured.h>
#if DIRECTORY_FLAG != 1 || defined __cpp_rtti || !defined DIRECTORY_DEFINITION || !defined DIRECTORY_OPTION || !defined ONLY_HERE
#error
#endif
#include "racy.h"
RACY(directory)
