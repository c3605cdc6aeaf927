static_assert(sizeof BY_DEFINITION == 7);
#include "racy.h"
RACY(single_definitions)
