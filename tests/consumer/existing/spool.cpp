#include "spool.hpp"

#include <zlib.h>

void Spool::add(std::string job) {
  auto sum = crc32(0, reinterpret_cast<const unsigned char*>(job.data()), static_cast<unsigned>(job.size()));
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  checksum_ += sum;
}
