// What a call writes to stderr, for tests of what the user is told.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>

inline std::string said_on_stderr(const std::function<void()>& call) {
  std::fflush(stderr);
  std::FILE* file = std::tmpfile();
  const int before = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  call();
  std::fflush(stderr);
  dup2(before, STDERR_FILENO);
  close(before);
  std::rewind(file);
  constexpr std::size_t longest = 4000;
  std::string text(longest, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}
