// Compiled without -fsanitize=thread and linked first: the linker keeps these copies of the vector's functions.
#include <string>
#include <vector>

int first_half(int n) {
  std::vector<std::string> words;
  for (int i = 0; i < n; ++i) words.push_back(std::to_string(i));
  return static_cast<int>(words.size());
}
