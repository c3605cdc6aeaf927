// What the article's programs print, and the pauses they make.
//
// A search runs a scenario a million times, so transcripts are off unless somebody looks: the command turns them on, before it
// starts anything, for `stress` and for `--clock=virtual`. A pause orders nothing; it is there for the reader of a transcript,
// who would otherwise see one thread run to its end, and is left out when nobody reads, because in the model it is a step.
#pragma once

#include <string>
#include <string_view>

namespace interleave::scenarios {

// Off at first. REQUIRES: no scenario is running.
void print_transcripts(bool on);
bool printing_transcripts() noexcept;

// A muted transcript is made, pauses and all, but not shown: an execution that is done once more does the same again.
void mute_transcripts(bool muted);

// One line on stdout, written at once: unlike Python's print, whose newline is a second write, lines do not mix.
void print_line(const std::string& line);

template <class... Parts>
void say(const Parts&... parts) {
  if (!printing_transcripts()) return;
  std::string line;
  (line.append(std::string_view(parts)), ...);
  print_line(line);
}

// The article's time.sleep(1). In the model a second of virtual time; on real threads ten milliseconds, enough for the eye.
void pause();

}  // namespace interleave::scenarios
