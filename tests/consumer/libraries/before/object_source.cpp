
#include "racy.h"
RACY(object_source)
