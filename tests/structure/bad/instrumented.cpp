// The instrumented half of an executable that breaks the linking rule: uses what uninstrumented.cpp defines as well.
#include <numeric>
#include <string>
#include <vector>

int first_half(int n);

int main(int argc, char**) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) words.push_back(std::to_string(first_half(i)));
  return words.size() == 1 ? 0 : 1;
}
