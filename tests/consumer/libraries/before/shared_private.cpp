
#include "racy.h"
RACY(shared_private)
