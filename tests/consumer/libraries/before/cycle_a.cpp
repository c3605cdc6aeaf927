extern "C" void cycle_b1(int* n);
extern "C" void cycle_a(int* n);
extern "C" void cycle_a(int* n) { cycle_b1(n); }
extern "C" void cycle_a2(int* n);
extern "C" void cycle_a2(int* n) { ++*n; }
