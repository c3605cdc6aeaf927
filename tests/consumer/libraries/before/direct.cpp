#include "racy.h"
RACY(direct)
