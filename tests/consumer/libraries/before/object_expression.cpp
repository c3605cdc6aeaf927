#include "racy.h"
RACY(object_expression)
