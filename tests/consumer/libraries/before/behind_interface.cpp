
#include "racy.h"
RACY(behind_interface)
