// What a program may be linked with that nobody instrumented (compiled without -fsanitize=thread).
void not_seen_put(int* x, int value) { *x = value; }
void not_seen_release(int* x) { __atomic_store_n(x, 1, __ATOMIC_RELEASE); }
int not_seen_acquire(const int* x) { return __atomic_load_n(x, __ATOMIC_ACQUIRE); }
