#include "racy.h"
#include "registry.hpp"
static const Registered registered("whole_file");
RACY(whole_file)
