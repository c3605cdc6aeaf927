#include "racy.h"
RACY(whole_feature)
#include "registry.hpp"
static const Registered here("whole_feature");
