// A library that hides nothing: it exports its instance of a template and imports another from libstdc++.
#include <sstream>
#include <string>
#include <vector>

struct Mine {
  int value;
};

template class std::vector<Mine>;

std::string leaky(std::vector<Mine>& list) {
  list.push_back({1});
  std::ostringstream text;
  text << list.size();
  return text.str();
}

extern "C" int not_a_door() { return 0; }
