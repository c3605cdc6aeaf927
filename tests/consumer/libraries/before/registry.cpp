#include "registry.hpp"

#include <string.h>

static const Registered* last = nullptr;

Registered::Registered(const char* its_name) : name(its_name), before(last) { last = this; }

int registered(const char* name) {
  int count = 0;
  for (const Registered* one = last; one != nullptr; one = one->before) count += strcmp(one->name, name) == 0;
  return count;
}
