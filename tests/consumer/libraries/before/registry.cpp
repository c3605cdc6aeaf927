#include "registry.hpp"
std::set<std::string>& registry() {
  static std::set<std::string> names;
  return names;
}
