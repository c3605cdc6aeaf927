// A race in every library is found, and what registers itself before main has done so, once.
#include <cstdio>
#include <thread>

#include <interleave/interleave.hpp>

#include "../before/shared_registry.hpp"
#include "inline.hpp"
#include "registry.hpp"

#define FUNCTION(name) extern "C" void name(int* n);
#include "functions.def"
FUNCTION(object) FUNCTION(object_expression) FUNCTION(interface_source) FUNCTION(object_of_interface) FUNCTION(instrumented) FUNCTION(by_options) FUNCTION(by_options_c)
#undef FUNCTION
extern "C" int precompiled(int* n);

#ifndef PLAIN_INTERFACE
#error what users of a library get
#endif

static int wrong = 0;

static void expect_race(const char* name, void (*function)(int*)) {
  interleave::Report report = interleave::explore([function] {
    int n = 0;
    std::thread a([&] { function(&n); });
    std::thread b([&] { function(&n); });
    a.join();
    b.join();
  });
  if (!report.failure || report.failure->kind != "data-race") {
    std::printf("%s: no data race\n", name);
    ++wrong;
  }
}

int main() {
#define FUNCTION(name) expect_race(#name, name);
#include "functions.def"
  FUNCTION(object) FUNCTION(object_expression) FUNCTION(interface_source) FUNCTION(object_of_interface) FUNCTION(instrumented) FUNCTION(by_options) FUNCTION(by_options_c)
#undef FUNCTION
  for (const char* name : {"object", "whole", "whole_file", "whole_feature", "in_words"}) {
    if (registered(name) != 1) {
      std::printf("%s: registered %d times\n", name, registered(name));
      ++wrong;
    }
  }
  if (registered_in_shared() != 1) {
    std::printf("shared: registered %d times\n", registered_in_shared());
    ++wrong;
  }
  return wrong != 0;
}
