// State that functions of the C library keep between calls.
//
// strtok's is the process's: two threads that tokenise at once spoil each other's text, and that is a data race like any other.
// strerror's and strsignal's texts are each thread's own, as the C library has them.
#include <csignal>
#include <cstdio>
#include <cstring>

#include <array>
#include <memory>
#include <vector>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

// Where strtok goes on.
char* rest_of_text = nullptr;

// A tokeniser writes one byte, the end of the token, and reads up to there.
char* tokenise(char* text, const char* separators, char** rest) {
  char* const begin = text != nullptr ? text : *rest;
  if (begin == nullptr) return nullptr;
  const std::size_t skipped = std::strspn(begin, separators), length = std::strcspn(begin + skipped, separators);
  char* const token = begin + skipped;
  char* const end = token + length;
  {
    const EngineScope engine;
    memory->note_write(end, 1);
    memory->note_write(rest, sizeof *rest);
  }
  accessed(begin, skipped + length + 1, false);
  if (*end != '\0') {
    accessed(end, 1, true);
    *end = '\0';
    *rest = end + 1;
  } else {
    *rest = end;
  }
  return length == 0 ? nullptr : token;
}

using Text = std::array<char, 64>;

// The calling thread's.
Text& text_of_thread(Execution& run) {
  static auto* const texts = new std::vector<std::unique_ptr<Text>>;
  const std::size_t id = run.self().id;
  while (texts->size() <= id) texts->push_back(std::make_unique<Text>());
  return *(*texts)[id];
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

char* strtok(char* __restrict text, const char* __restrict separators) noexcept {
  if (mode != Mode::modelled) return REAL(strtok)(text, separators);
  accessed(&rest_of_text, sizeof rest_of_text, true);
  return tokenise(text, separators, &rest_of_text);
}

char* strtok_r(char* __restrict text, const char* __restrict separators, char** __restrict rest) noexcept {
  if (mode != Mode::modelled) return REAL(strtok_r)(text, separators, rest);
  accessed(rest, sizeof *rest, true);
  return tokenise(text, separators, rest);
}

char* strerror(int error) noexcept {
  Model model;
  if (!model) return REAL(strerror)(error);
  Text& text = text_of_thread(*model);
  return strerror_r(error, text.data(), text.size());
}

char* strsignal(int signal) noexcept {
  Model model;
  if (!model) return REAL(strsignal)(signal);
  if (const char* known = sigdescr_np(signal)) return const_cast<char*>(known);
  Text& text = text_of_thread(*model);
  std::snprintf(text.data(), text.size(), signal >= SIGRTMIN && signal <= SIGRTMAX ? "Real-time signal %d" : "Unknown signal %d",
                signal >= SIGRTMIN && signal <= SIGRTMAX ? signal - SIGRTMIN : signal);
  return text.data();
}

}  // extern "C"

#pragma GCC visibility pop
