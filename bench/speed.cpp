// All figures of speed:
//
//   speed             every table
//   speed TABLE...    some of them: steps, growth, classes, peers
//
// Ratios are to a bare switch of Boost.Context in the same run.
#include <cstdio>
#include <string_view>

#include "bare_switch.hpp"
#include "measure.hpp"

namespace {

struct Table {
  std::string_view name;
  const char* title;
  void (*print)();
};

constexpr Table tables[] = {
    {"steps", "what a step costs", &print_steps},
    {"growth", "how the cost of an execution grows", &print_growth},
    {"classes", "executions per second of classes/*", &print_classes},
    {"peers", "beside measured peers", &print_peers},
};

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    bool known = false;
    for (const Table& table : tables) known |= table.name == argv[i];
    if (known) continue;
    std::fprintf(stderr, "speed: there is no table '%s'\nusage: speed [steps | growth | classes | peers]...\n", argv[i]);
    return 2;
  }
  std::printf("a bare switch takes %.2f ns\n", bare_switch_ns());
  for (const Table& table : tables) {
    bool wanted = argc == 1;
    for (int i = 1; i < argc; ++i) wanted |= table.name == argv[i];
    if (!wanted) continue;
    std::printf("\n---- %s ----\n", table.title);
    table.print();
  }
}
