#include "racy.h"
#define CALL(name) RACY(name)
CALL(SHARED_SOURCE)
