// Two interceptors that nobody would call: one that no version script names, and one that is hidden.
#pragma GCC visibility push(default)
extern "C" int not_in_the_version_script() { return 0; }
#pragma GCC visibility pop

#pragma GCC visibility push(hidden)
extern "C" int behind_no_pragma() { return 0; }
extern "C" int interleave_target_of_a_door() { return 0; }
#pragma GCC visibility pop
