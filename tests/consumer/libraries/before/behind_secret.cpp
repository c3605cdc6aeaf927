
#include "racy.h"
RACY(behind_secret)
