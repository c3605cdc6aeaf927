
#include "racy.h"
RACY(late)
