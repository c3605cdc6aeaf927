#include "racy.h"
extern "C" int add_assembler(int, int);
extern "C" void with_assembler(int* n);
void with_assembler(int* n) { *n = add_assembler(*n, 1); }
