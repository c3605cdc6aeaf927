#pragma once

namespace interleave::engine {

// A thread that crashed inside printf holds the stream's lock for ever, and the next to print would wait for it.
void release_streams();

// Closes the streams that the execution which has just ended left open.
void close_streams();

}  // namespace interleave::engine
