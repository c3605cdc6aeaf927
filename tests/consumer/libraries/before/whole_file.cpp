#include "racy.h"
#include "registry.hpp"
static const Registered here("whole_file");
RACY(whole_file)
