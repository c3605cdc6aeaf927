#include "shared_registry.hpp"
#ifndef BUILDING_THE_REGISTRY
#error DEFINE_SYMBOL
#endif
static int count = 0;
void register_in_shared() { ++count; }
int registered_in_shared() { return count; }
