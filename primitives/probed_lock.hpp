// ProbedLock: a Lock as CPython's Condition sees one.
//
// Python's plain Lock remembers no owner. Its Condition therefore answers "do I hold this?" by trying to take it: if that
// fails, *somebody* holds it, which passes for "I do". Misuse goes unnoticed while another thread holds the lock (CPython
// issue gh-69702), and the probe itself takes a free lock for an instant. This class keeps that behaviour for the scenarios
// that study it; use Lock.
#pragma once

#include <interleave/primitives/lock.hpp>

namespace interleave {

class ProbedLock : public Lock {
 public:
  using Lock::Lock;

  bool is_owned() {
    if (!acquire(false)) return true;
    release();
    return false;
  }
};

}  // namespace interleave
