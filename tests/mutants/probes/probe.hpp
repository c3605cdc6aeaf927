// What the probes share: programs that hold for the original, and show what a variant does wrong.
#pragma once

#include <semaphore.h>

#include <array>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {

// `outcomes` is exact; nothing says nothing.
inline Definition probe(std::string name, std::vector<std::string> outcomes, std::function<void()> body, Options options = {}) {
  return {.name = std::move(name), .outcomes = std::move(outcomes), .options = std::move(options), .body = std::move(body)};
}

// Goes through a section.
inline void visit(Section& section) {
  const Section::Visit here{section};
  std::this_thread::yield();
}

// Opens once; below everything that is probed.
class Gate {
 public:
  Gate() { sem_init(&opened_, 0, 0); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { sem_destroy(&opened_); }
  void open() { sem_post(&opened_); }
  void pass() { sem_wait(&opened_); }

 private:
  sem_t opened_;
};

// Whether `call` throws an Error.
template <class Error, class Call>
bool refused(Call call) {
  try {
    call();
  } catch (const Error&) {
    return true;
  }
  return false;
}

inline void in_parallel(int threads, const std::function<void()>& body) {
  parallel(std::vector<std::function<void()>>(static_cast<std::size_t>(threads), body));
}

}  // namespace interleave::scenarios
