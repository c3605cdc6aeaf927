
#include "racy.h"
RACY(object_linked)
