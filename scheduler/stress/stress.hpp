// The body on real threads: the other runtime of the same object code.
//
// `stress` runs a body again and again under the machine's own scheduler. It finds less than an exploration and cannot repeat
// what it found, but what it runs is the real thing, and ThreadSanitizer can watch. Nothing here may order two threads of a
// body that the body itself does not order, or a data race would be hidden: what several threads record (failures, outcomes,
// names) is kept behind a lock that ThreadSanitizer is told to ignore.
//
// The file is compiled twice. In libinterleave_stress.a it is the whole public API (stress_api.cpp). In libinterleave.so it
// serves the verb `stress`, and calls to the API made outside an exploration end here.
//
// Static storage and captured objects are *not* taken back between runs; a body that depends on it fails in its second run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <interleave/interleave.hpp>

#pragma GCC visibility push(default)

namespace interleave {

// Runs the body executions_max times, or until time_max is over, whichever is first; 1000 times if neither is given. Ends after
// the first failing run unless stop_at_first_failure is false. The verdict is pass if nothing failed; `complete` is never true.
//
// choose() is random, from the seed: run 0 uses the seed itself, so INTERLEAVE_SEED=(seed of a failure) with
// INTERLEAVE_EXECUTIONS=1 repeats what choose() returned there. The schedule remains the machine's.
//
// A run that does not end within INTERLEAVE_WATCHDOG seconds (60) is reported as a deadlock on stderr and ends the process
// with exit status 1: threads that hang cannot be taken back.
Report stress(std::function<void()> body, Options options = {}, SourceLocation where = SourceLocation::current());

namespace real {

// The API of interleave.hpp on real threads. Each may be called from any thread. Outside a run, a failed requirement is
// printed and thrown as Failed, and what parallel's bodies throw is rethrown once all have ended.
void        require(bool holds, std::string_view message, SourceLocation where);
std::size_t choose(std::size_t n);
void        outcome(std::string_view value);
void        name_thread(std::string_view name);
void        parallel(const std::vector<std::function<void()>>& bodies);

// A failure of the given kind, from a monitor. The first of a run is kept, and the thread goes on.
void fail(std::string_view kind, std::string_view message, SourceLocation where);

// Whether a run is under way, and whether the calling thread may leave its part of the body by an exception.
bool in_run() noexcept;
bool may_unwind() noexcept;

// Tells the calling thread from all other living threads.
std::uint64_t thread_key() noexcept;

// The name given by name_thread, or a number in order of appearance.
std::string thread_label();

// The text of a failed report: verdict, who and where, the way back.
std::string describe(const Report& report, std::string_view name);

// The name that Options leave out: file:line of the call.
std::string default_name(SourceLocation where);

}  // namespace real
}  // namespace interleave

#pragma GCC visibility pop
