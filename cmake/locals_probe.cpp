// The same in C++.
extern "C" {
#include "locals_probe.c"
}
