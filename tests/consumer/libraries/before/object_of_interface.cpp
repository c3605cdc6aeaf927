
#include "racy.h"
RACY(object_of_interface)
