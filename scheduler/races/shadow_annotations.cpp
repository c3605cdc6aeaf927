// What a program takes out by annotation: regions in which a thread's accesses are not looked at, or its operations order nothing, and
// bytes of which it says that races on them do no harm.
#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/races/shadow.hpp"

#include <algorithm>
#include <utility>

namespace interleave::engine {
namespace {

// There is one shadow after another; what was said outside executions holds for all. Here from the beginning: they are asked for in
// the middle of modelled code, which allocates from the executions' arena.
std::vector<BenignRace> benign_for_good, benign_now;

BenignRace allowed;
bool any_allowed = false;

bool allows(const std::vector<BenignRace>& known, std::uintptr_t address) {
  const auto found = std::find_if(known.begin(), known.end(), [=](const BenignRace& each) { return address - each.begin < each.end - each.begin; });
  if (found == known.end()) return false;
  if (!std::exchange(any_allowed, true)) allowed = *found;
  return true;
}

}  // namespace

void allow_races(const BenignRace& on, bool always) { (always ? benign_for_good : benign_now).push_back(on); }

const BenignRace* race_allowed() { return std::exchange(any_allowed, false) ? &allowed : nullptr; }

void Shadow::ignore(std::uint32_t thread, Ignored what) {
  if (thread >= ignores_.size()) ignores_.resize(thread + std::size_t{1});
  if (ignores_[thread][static_cast<std::size_t>(what)]++ == 0) ++ignoring_;
  unusual_ = true;
}

bool Shadow::ignore_no_more(std::uint32_t thread, Ignored what) {
  if (!ignores(thread, what)) return false;
  repeated_accesses.forget();  // those within the region are not known
  if (--ignores_[thread][static_cast<std::size_t>(what)] == 0) --ignoring_;
  unusual_ = alone_ || explains_ || ignoring_ != 0;
  return true;
}

void Shadow::forget_ignored(std::uint32_t thread) {
  if (thread >= ignores_.size()) return;
  for (std::uint32_t& regions : ignores_[thread]) ignoring_ -= std::exchange(regions, 0u) != 0;
  unusual_ = alone_ || explains_ || ignoring_ != 0;
}

void Shadow::begin_without_annotations() {
  ignores_.clear();
  ignoring_ = 0;
  benign_now.clear();
}

bool Shadow::is_benign(std::uintptr_t word, unsigned mask) {
  if (benign_for_good.empty() && benign_now.empty()) return false;
  for (unsigned byte = 0; byte < 8; ++byte) {
    const std::uintptr_t address = (word << 3) + byte;
    if ((mask >> byte & 1) != 0 && (allows(benign_now, address) || allows(benign_for_good, address))) return true;
  }
  return false;
}

}  // namespace interleave::engine
