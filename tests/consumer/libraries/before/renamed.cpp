#include "racy.h"
RACY(renamed)
