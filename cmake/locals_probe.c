/* What InterleaveLocals.cmake asks compilers of: accesses to parts of locals whose address others have, each of a size of its own. */
struct Part { int before; short member; };
struct Whole { long before; struct Part part[4]; char nested; };

void others_have(void* p);
void others_use(void);

int probe_member(void) {
  struct Part local;
  others_have(&local);
  others_use();
  local.member = 1;
  others_use();
  return local.member;
}

void probe_elements(unsigned i) {
  int array[8];
  long last[3];
  others_have(array);
  others_have(last);
  others_use();
  array[i & 7] = 1;
  last[2] = 1;
  others_use();
}

void probe_nested(void) {
  struct Whole local;
  others_have(&local);
  others_use();
  local.nested = 1;
  others_use();
}
