
#include "racy.h"
RACY(links_objects)
