// A std::ostringstream for the program's code to print to. The engine has no templates of the standard library in common with the
// program, so the stream's functions are looked up by name, as the program knows them.
#pragma once

#include <iosfwd>
#include <string>

namespace interleave {

// REQUIRES: code of the program may run (detail::unobserved).
class TextStream {
 public:
  TextStream();
  ~TextStream();
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;

  std::ostream& stream() { return *reinterpret_cast<std::ostream*>(storage_); }
  std::string text() const { return text_of(storage_); }

  // The text that an ostringstream of the program's holds.
  static std::string text_of(const void* ostringstream);

 private:
  alignas(16) char storage_[512];
};

}  // namespace interleave
