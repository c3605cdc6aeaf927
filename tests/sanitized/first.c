// Starts AddressSanitizer before any other library of the process is initialised (-z initfirst).
void __asan_init(void);
__attribute__((constructor)) static void first(void) { __asan_init(); }
