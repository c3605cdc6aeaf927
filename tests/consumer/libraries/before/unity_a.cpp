static int only_in_a = 0;
#include "racy.h"
RACY(unity_a)
