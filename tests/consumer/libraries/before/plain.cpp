#ifdef PLAIN_INTERFACE
#error what is for users only
#endif
#ifndef PLAIN_PUBLIC
#error
#endif
static_assert(sizeof PLAIN_PRIVATE == 15);
#include "racy.h"
RACY(plain)
