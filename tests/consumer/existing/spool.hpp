#pragma once
#include <mutex>
#include <string>
#include <vector>

// Jobs and the checksum of all of them.
class Spool {
 public:
  void add(std::string job);
  std::size_t size() const { return jobs_.size(); }
  unsigned long checksum() const { return checksum_; }

 private:
  std::mutex mutex_;
  std::vector<std::string> jobs_;
  unsigned long checksum_ = 0;
};
