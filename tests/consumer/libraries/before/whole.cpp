#include "racy.h"
#include "registry.hpp"
static const Registered here("whole");
RACY(whole)
