#include <interleave/scenarios/transcript.hpp>

#include <chrono>
#include <cstdio>
#include <thread>

#include <interleave/interleave.hpp>

namespace interleave::scenarios {
namespace {

bool on_ = false, muted_ = false;

}  // namespace

void print_transcripts(bool on) { on_ = on; }

bool printing_transcripts() noexcept { return on_; }

void mute_transcripts(bool muted) { muted_ = muted; }

void print_line(const std::string& line) {
  const std::string whole = line + '\n';
  if (!muted_) std::fwrite(whole.data(), 1, whole.size(), stdout);
}

void pause() {
  using namespace std::chrono_literals;
  if (!on_) return;
  if (modelled()) {
    std::this_thread::sleep_for(1s);
  } else {
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace interleave::scenarios
