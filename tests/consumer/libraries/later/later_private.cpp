#include "racy.h"
RACY(later_private)
