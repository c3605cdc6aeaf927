
#include "racy.h"
RACY(aliased)
