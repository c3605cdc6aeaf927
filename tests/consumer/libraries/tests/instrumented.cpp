#include "racy.h"
RACY(instrumented)
