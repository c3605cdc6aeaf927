// A thread that a program does not wait for: Python's daemon, POSIX's detached thread. When everybody else is done and it
// sleeps for ever with nothing left to do, the execution is quiescent, which passes.
//
// Started detached in one call, so in one step; std::thread takes two. What it works with must outlive the body that starts it.
#pragma once

#include <pthread.h>

#include <functional>
#include <memory>
#include <system_error>

namespace interleave::scenarios {

inline void start_daemon(std::function<void()> body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  auto argument = std::make_unique<std::function<void()>>(std::move(body));
  pthread_t handle{};
  const auto enter = [](void* pointer) -> void* {
    const std::unique_ptr<std::function<void()>> run{static_cast<std::function<void()>*>(pointer)};
    (*run)();
    return nullptr;
  };
  const int error = pthread_create(&handle, &attributes, enter, argument.get());
  pthread_attr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start a daemon");
  argument.release();
}

// An object for a daemon and those it talks to. Never destroyed: nobody knows when the last of them is through with it.
template <class T>
T& make_immortal() {
  return *new T;
}

}  // namespace interleave::scenarios
