int from_a();
int from_a() { return only_in_a; }
#include "racy.h"
RACY(unity_b)
