// What is loaded into the process, and when that changes.
#include <catch2/catch.hpp>

#include <dlfcn.h>

#include <algorithm>

#include "scheduler/modules/loaded_modules.hpp"

using namespace interleave::engine;

namespace {

bool is_of_system(const char* path) {
  const auto modules = loaded_modules();
  const auto found = std::find_if(modules.begin(), modules.end(), [=](const LoadedModule& module) { return module.path == path; });
  REQUIRE(found != modules.end());
  return found->system;
}

}  // namespace

TEST_CASE("what the program loads and unloads is a change, and none of the system's") {
  const auto before = modules_generation();
  CHECK(modules_generation() == before);
  void* const module = dlopen(PLUGIN, RTLD_NOW);
  REQUIRE(module != nullptr);
  const auto loaded = modules_generation();
  CHECK(loaded != before);
  CHECK_FALSE(is_of_system(PLUGIN));
  SECTION("closing it once where it is open twice changes nothing") {
    REQUIRE(dlopen(PLUGIN, RTLD_NOW) == module);
    dlclose(module);
    CHECK(modules_generation() == loaded);
  }
  dlclose(module);
  CHECK(modules_generation() != loaded);
  CHECK(modules_generation() != before);
}

TEST_CASE("one that takes the place of another is a change") {
  void* const first = dlopen(PLUGIN, RTLD_NOW);
  const auto before = modules_generation();
  dlclose(first);
  void* const second = dlopen(OTHER_PLUGIN, RTLD_NOW);
  CHECK(modules_generation() != before);
  dlclose(second);
}

TEST_CASE("what the engine loads is its own, and no change") {
  const auto before = modules_generation();
  void* module = nullptr;
  {
    const LoadsForEngine loads;
    module = dlopen(OF_ENGINE, RTLD_NOW);
  }
  REQUIRE(module != nullptr);
  CHECK(modules_generation() == before);
  CHECK(is_of_system(OF_ENGINE));
  SECTION("what comes after that is the program's") {
    void* const other = dlopen(PLUGIN, RTLD_NOW);
    CHECK(modules_generation() != before);
    CHECK_FALSE(is_of_system(PLUGIN));
    dlclose(other);
  }
}
