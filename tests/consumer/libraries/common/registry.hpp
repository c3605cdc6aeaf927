#pragma once
#include <set>
#include <string>
// What registers itself before main.
std::set<std::string>& registry();
struct Registered {
  explicit Registered(const char* name) { registry().insert(name); }
};
