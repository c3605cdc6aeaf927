// The errors of the primitives, named as in Python.
//
// A call that throws one of these has changed nothing, unless its own comment says otherwise.
#pragma once

#if __cplusplus < 202002L
#error "Interleave's primitives need C++20: compile this file with -std=c++20 or later"
#endif

#include <exception>
#include <stdexcept>

namespace interleave {

// Misuse of a primitive: waiting on a lock that is not held, starting a thread twice, ...
class RuntimeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// From the lowest layer: releasing an unlocked Lock, or the system refuses a thread. Python 2 kept it apart from
// RuntimeError, Python 3 made them one; deriving it serves programs written for either.
class ThreadError : public RuntimeError {
 public:
  using RuntimeError::RuntimeError;
};

// An argument that makes no sense, or a count that would leave its range.
class ValueError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// A barrier was aborted or reset, its action failed, or a party gave up waiting.
class BrokenBarrierError : public RuntimeError {
 public:
  BrokenBarrierError() : RuntimeError("the barrier is broken") {}
};

// A queue had nothing to give. An everyday result rather than misuse, as are the next two: hence no RuntimeError.
class Empty : public std::exception {
 public:
  const char* what() const noexcept override { return "the queue is empty"; }
};

// A queue had no room.
class Full : public std::exception {
 public:
  const char* what() const noexcept override { return "the queue is full"; }
};

// A queue takes no more items, or has given its last.
class ShutDown : public std::exception {
 public:
  const char* what() const noexcept override { return "the queue is shut down"; }
};

}  // namespace interleave
