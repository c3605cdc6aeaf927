#ifndef __cplusplus
#error
#endif
#include "racy.h"
RACY(single_language)
