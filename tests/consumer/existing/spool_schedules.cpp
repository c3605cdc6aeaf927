#include <thread>

#include <interleave/interleave.hpp>

#include "spool.hpp"

int main() {
  interleave::check([] {
    Spool spool;
    std::thread a([&] { spool.add("a"); }), b([&] { spool.add("b"); });
    a.join();
    b.join();
    interleave::require(spool.size() == 2);
  });
}
