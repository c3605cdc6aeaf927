
#include "racy.h"
RACY(relative)
