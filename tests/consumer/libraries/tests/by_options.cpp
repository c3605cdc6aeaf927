#include "racy.h"
RACY(by_options)
