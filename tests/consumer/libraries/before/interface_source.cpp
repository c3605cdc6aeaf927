#ifndef INTERFACE_DEFINITION
#error
#endif
#include "racy.h"
RACY(interface_source)
