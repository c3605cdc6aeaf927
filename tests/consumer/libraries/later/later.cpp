extern "C" void later_private(int* n);
extern "C" void later(int* n);
extern "C" void later(int* n) { later_private(n); }
