int interleave_test_module(void) { return 1; }
