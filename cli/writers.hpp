// The formats of the output, and those that a request has chosen.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "writer.hpp"

namespace interleave::cli {

// A row of the table of formats (writers.cpp).
struct Format {
  const char* flag;      // "--junit"; empty: what is written where no other format takes stdout
  const char* variable;  // of the environment, instead of the flag; empty: none
  const char* value;     // as the help shows it; empty: a switch, which takes stdout, or a file if one is given (--json=FILE)
  const char* help;
  const char* in_summary;  // what the file is called where the text on stdout names it; empty: it is not named there
  bool        beside;      // a switch that writes to stdout beside what else is there
  bool        lists;     // whether the verbs that only name things can write it, too
  std::unique_ptr<Writer> (*open)(const std::string& file);  // an empty name: stdout
};

std::span<const Format> formats();
// The format with this flag. REQUIRES: there is one.
const Format& format_of(std::string_view flag);

// All that a request wants written, as one writer.
class Writers final : public Writer {
 public:
  // Throws UsageError if a file cannot be written.
  explicit Writers(const Request& request);
  ~Writers() override;

  void list(const Selection& scenarios) override;
  void begin(const Plan& plan) override;
  void result(const Result& result) override;
  void end(bool finished) override;

  // Whether text is what stdout is for.
  bool shows_text() const { return shows_text_; }

 private:
  std::vector<std::unique_ptr<Writer>> writers_;
  bool shows_text_ = true;
};

}  // namespace interleave::cli
