#include <interleave/scenarios/scenario.hpp>

#include <algorithm>

namespace interleave::scenarios {
namespace {

std::vector<const Scenario*>& registry() {
  static std::vector<const Scenario*> list;
  return list;
}

const std::string& name_of(const Scenario* scenario) { return scenario->definition().name; }

}  // namespace

Scenario::Scenario(Definition definition) : definition_(std::move(definition)) {
  definition_.options.name = definition_.name;
  auto& list = registry();
  const auto before = [](const Scenario* a, const Scenario* b) { return name_of(a) < name_of(b); };
  list.insert(std::upper_bound(list.begin(), list.end(), this, before), this);
}

const std::vector<const Scenario*>& all() { return registry(); }

const Scenario* find(std::string_view name) {
  const auto found = std::find_if(all().begin(), all().end(), [&](const Scenario* s) { return name_of(s) == name; });
  return found == all().end() ? nullptr : *found;
}

}  // namespace interleave::scenarios
