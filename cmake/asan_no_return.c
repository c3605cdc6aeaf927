// Nothing, instead of what AddressSanitizer's runtime does before a call that does not return: it unpoisons the whole stack of
// the process, at the cost of system calls. Our executions end by such calls, a hundred thousand in a second, and no stack of the
// engine is poisoned (-asan-stack=0). Seen by the engine alone, for the library does not export it.
void __asan_handle_no_return(void);
void __asan_handle_no_return(void) {}
