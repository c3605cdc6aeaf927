// Where a document goes: stdout, once, at the end; or a file, which is replaced as a whole after every result, so that whatever ends the
// command, the file has what was known by then.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "terminal.hpp"

namespace interleave::cli {

class Document {
 public:
  // An empty name: stdout, which is reserved from here on. Throws UsageError if there can be no such file.
  explicit Document(const std::string& file);
  ~Document();

  // Whether anything is written before the end: to stdout, a device or a pipe nothing is, and what `update` is given need not be made.
  bool takes_updates() const { return !file_.empty() && regular_; }
  // What the document would be if nothing came after this.
  void update(std::string_view text);
  // The document.
  void finish(std::string_view text);

 private:
  std::string file_beside() const;
  void replace_file(std::string_view text) const;

  std::string file_;      // empty: stdout
  bool regular_ = true;   // a device or a pipe is written once
  std::unique_ptr<ReservedStdout> stdout_;
};

}  // namespace interleave::cli
