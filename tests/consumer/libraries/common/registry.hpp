#pragma once
// What registers itself before main.
struct Registered {
  explicit Registered(const char* name);
  const char* name;
  const Registered* before;
};
// How many have the name.
int registered(const char* name);
