#include <cstdio>

#include "spool.hpp"

int main() {
  Spool spool;
  spool.add("a");
  std::printf("%zu jobs, %lu\n", spool.size(), spool.checksum());
}
