// The same name as in the directory above.
#include "racy.h"
RACY(plain_too)
