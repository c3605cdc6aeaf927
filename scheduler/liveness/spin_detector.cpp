#include "scheduler/liveness/spin_detector.hpp"

#include <algorithm>
#include <cstring>

namespace interleave::engine {

extern "C" {
__thread CallState interleave_call_state;
bool interleave_keeps_states = false;
}

void SpinDetector::keep(const void* from, std::size_t size) {
  const std::size_t begin = kept_.size();
  kept_.resize(begin + (size + sizeof(std::uintptr_t) - 1) / sizeof(std::uintptr_t));
  std::memcpy(kept_.data() + begin, from, size);
}

void SpinDetector::note_read(const void* object, std::size_t size, bool plain) {
  reads_.push_back({object, size, kept_.size(), plain});
  keep(object, size);
}

void SpinDetector::take(Snapshot& snapshot, const CallState& state, std::size_t words) {
  snapshot.taken = true;
  deepest_ = std::max(deepest_, words * sizeof *state.stack);
  snapshot.words = kept_.size();
  snapshot.read = reads_.size();
  keep(state.stack, words * sizeof *state.stack);
  keep(state.registers, sizeof state.registers);
}

bool SpinDetector::has_cycled(const OperationType& type, const void* object, const CallState& state, const std::uintptr_t* high, const SharedWords& shared) {
  const auto words = static_cast<std::size_t>(high - state.stack);
  const auto as_before = [&](const Snapshot& before) {
    const std::uintptr_t* kept = kept_.data() + before.words;
    for (std::size_t i = 0; i < words; ++i)
      if (state.stack[i] != kept[i] && !shared.contains(state.stack + i)) return false;
    return std::memcmp(kept + words, state.registers, sizeof state.registers) == 0;
  };
  if (kept_.size() > kept_max) clear();
  for (std::size_t i = 0; i < snapshots_; ++i) {
    Snapshot& before = snapshot_[i];
    if (before.type != &type || before.object != object || before.stack != state.stack) continue;
    if (before.taken && as_before(before)) {
      first_read_ = before.read;
      return true;
    }
    // Something goes on changing, as it does in a loop that counts, or it comes to rest later (Brent, BIT 20, 1980).
    if ((before.times & (before.times + 1)) == 0) take(before, state, words);
    ++before.times;
    watching_ = true;
    return false;
  }
  if (snapshots_ == snapshots_max) clear();  // a long way round, or none: begin once more
  snapshot_[snapshots_++] = {.type = &type, .object = object, .stack = state.stack};
  return false;
}

bool SpinDetector::changed(const Read& read) const { return std::memcmp(read.object, kept_.data() + read.bytes, read.size) != 0; }

bool SpinDetector::reads_changed() const {
  for (std::size_t i = first_read_; i < reads_.size(); ++i)
    if (changed(reads_[i])) return true;
  return false;
}

bool SpinDetector::only_plain_reads_changed() const {
  bool any = false;
  for (std::size_t i = first_read_; i < reads_.size(); ++i) {
    if (!changed(reads_[i])) continue;
    if (!reads_[i].plain) return false;
    any = true;
  }
  return any;
}

}  // namespace interleave::engine
