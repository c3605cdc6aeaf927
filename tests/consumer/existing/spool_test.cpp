#include <thread>

#include "spool.hpp"

int main() {
  Spool spool;
  std::thread a([&] { spool.add("a"); }), b([&] { spool.add("b"); });
  a.join();
  b.join();
  return spool.size() == 2 ? 0 : 1;
}
