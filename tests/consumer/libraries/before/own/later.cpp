
#include "racy.h"
RACY(later_source)
