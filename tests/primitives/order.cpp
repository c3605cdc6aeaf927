#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <interleave/primitives/order.hpp>

using namespace interleave;

TEST_CASE("SmallestFirst: sorts every permutation of seven items", "[primitives][order]") {
  std::vector<int> items{0, 1, 2, 3, 3, 4, 5};
  const std::vector<int> sorted = items;
  int permutations = 0;
  do {
    SmallestFirst<int> order;
    for (int item : items) order.push(int{item});
    std::vector<int> popped;
    while (order.size() > 0) popped.push_back(order.pop());
    if (popped != sorted) FAIL("wrong order");
    ++permutations;
  } while (std::next_permutation(items.begin(), items.end()));
  REQUIRE(permutations == 2520);  // 7! / 2!
}

TEST_CASE("SmallestFirst: pops the smallest of what is there when pushes and pops alternate", "[primitives][order]") {
  SmallestFirst<std::string> order;
  for (const char* item : {"d", "b", "c"}) order.push(item);
  REQUIRE(order.pop() == "b");
  order.push("a");
  order.push("e");
  REQUIRE(order.pop() == "a");
  REQUIRE(order.pop() == "c");
  REQUIRE(order.pop() == "d");
  order.clear();
  REQUIRE(order.size() == 0);
}
