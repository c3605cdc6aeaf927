#include <iostream>

#include "spool.hpp"

int main() {
  Spool spool;
  spool.add("a");
  std::cout << spool.size() << " jobs, " << spool.checksum() << '\n';
}
