// What a program under test has written: a folder of its own, files, and the JSON elements of a page.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace interleave::tests {

// An empty folder, which is gone with its content at the end.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/interleave_test_XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Folder() {
    ::chmod(path_.c_str(), 0700);
    std::filesystem::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.insert(entry.path().filename().string());
    return names;
  }

 private:
  std::string path_;
};

inline std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The JSON document in the element `id` of a page.
inline nlohmann::json element(const std::string& page, const std::string& id) {
  const std::string begin = "id=\"" + id + "\">";
  const auto at = page.find(begin);
  REQUIRE(at != page.npos);
  return nlohmann::json::parse(page.substr(at + begin.size(), page.find("</script", at) - at - begin.size()));
}

}  // namespace interleave::tests
