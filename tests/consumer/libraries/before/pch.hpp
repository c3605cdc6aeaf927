#include <string>
#define IN_PCH 1
