// The project's own program: every function once.
#define FUNCTION(name) extern "C" void name(int* n);
#include "functions.def"
#undef FUNCTION
extern "C" void in_app(int* n);

int main() {
  int n = 0;
#define FUNCTION(name) name(&n);
#include "functions.def"
#undef FUNCTION
  in_app(&n);
  return 0;
}
