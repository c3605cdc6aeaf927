
#include "racy.h"
RACY(of_objects)
