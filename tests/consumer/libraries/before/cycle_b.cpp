extern "C" void cycle_a2(int* n);
extern "C" void cycle_b1(int* n);
extern "C" void cycle_b1(int* n) { cycle_a2(n); }
