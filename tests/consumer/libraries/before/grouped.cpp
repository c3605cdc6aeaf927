#include "racy.h"
RACY(grouped)
