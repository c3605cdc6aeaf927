// An object for clients of shared ownership: it must be destroyed once, and its destructor must see what every user did.
#pragma once

#include <interleave/checkers/conservation.hpp>
#include <interleave/interleave.hpp>

namespace interleave::scenarios::zoo {

class Tracked {
 public:
  Tracked(Ledger<int>& ledger, int id) : ledger_(&ledger), id_(id) { ledger_->put(id_); }
  ~Tracked() {
    require(id_ > 0, "destroyed twice");
    ledger_->take(id_);
    uses_[0] = uses_[1] = id_ = 0;  // conflicts with every use that does not come before
  }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;

  void use(int by) { ++uses_[by]; }  // each user its own place
  int id() const { return id_; }

 private:
  Ledger<int>* ledger_;
  int id_;
  int uses_[2] = {};
};

}  // namespace interleave::scenarios::zoo
