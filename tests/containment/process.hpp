// Runs a program and keeps what it says.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>

struct Said {
  int         status = -1;  // exit status; 128 + n for signal n; 124 if it did not end
  std::string text;         // stdout and stderr
};

inline Said said_by(const std::string& command) {
  Said said;
  std::FILE* pipe = popen(("timeout 60 " + command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return said;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said.text += static_cast<char>(c);
  const int status = pclose(pipe);
  said.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return said;
}

// The first word behind `label` that is a schedule token; empty if there is none.
inline std::string token_behind(const std::string& label, const std::string& text) {
  const auto at = text.find("il1:", std::min(text.find(label), text.size()));
  return at == text.npos ? "" : text.substr(at, text.find_first_of(" \n", at) - at);
}
