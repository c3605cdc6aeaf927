#include "racy.h"
#include "registry.hpp"
static const Registered registered("whole");
RACY(whole)
