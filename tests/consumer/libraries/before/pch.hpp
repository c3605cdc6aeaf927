#include <cstddef>
#define IN_PCH 1
