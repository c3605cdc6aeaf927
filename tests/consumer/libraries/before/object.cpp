#include "racy.h"
#include "registry.hpp"
RACY(object)
static const Registered here("object");
