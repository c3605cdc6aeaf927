namespace {
int count;
}

extern "C" void increment() { ++count; }
