#include "racy.h"
RACY(in_words)
#include "registry.hpp"
static const Registered here("in_words");
