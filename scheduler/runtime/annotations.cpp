// What a program tells a race detector that it cannot see: the annotations that ThreadSanitizer's runtime provides, each with the meaning
// that it has there. Mutexes of the program's own are in annotated_mutex.cpp.
//
// *Order.* What came before a release (or HappensBefore) of an address happens before what comes after a later acquire (HappensAfter)
// of it. Both are steps, or an execution that stands for others would show its own edges and not theirs. Releases commute.
//
// *Regions.* Accesses in a region that ignores reads or writes race with nothing, as in ThreadSanitizer, where each of both ignores both;
// they are rolled back like any others, and are steps where races are explored. In one that ignores synchronisation, nothing that the
// thread does orders. A race on bytes that are declared benign is none. What rests on that, a report says.
#include <cstring>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/runtime/annotated.hpp"

namespace interleave::engine {
namespace {

const OperationType release_type{.name = "annotated release", .access = Access::post, .noted = true, .noun = "annotation",
                                 .inside = annotated::beside, .does = OperationClass::writes};
const OperationType acquire_type{.name = "annotated acquire", .access = Access::read, .noted = true, .noun = "annotation",
                                 .inside = annotated::beside, .does = OperationClass::reads};

// Also by the address itself, as in ThreadSanitizer: an acquiring load of it sees what was released there.
void annotated_release(const void* address) {
  Model model;
  if (!model) return;
  model->step({.type = &release_type, .object = annotated::name_of(address)});
  annotated::release(*model, address, annotated::beside, true);
  annotated::release(*model, address, 0, true);
}

void annotated_acquire(const void* address) {
  Model model;
  if (!model) return;
  model->step({.type = &acquire_type, .object = annotated::name_of(address)});
  annotated::acquire(*model, address, annotated::beside);
  annotated::acquire(*model, address, 0);
}

// ---- what a pass rests on ----
struct Place {
  const char* file = nullptr;
  int line = 0;
};
Place first_ignored;  // since the exploration began
bool any_ignored = false;

std::string text_of(const char* file, int line) {
  if (file == nullptr) return "?";
  const char* const slash = std::strrchr(file, '/');
  return fmt::format("{}:{}", slash != nullptr ? slash + 1 : file, line);
}

void tell(Report& report) {
  if (any_ignored)
    report.assumed.push_back(fmt::format("that accesses in the regions that the program's annotations exclude race with nothing (the first: {})",
                                         text_of(first_ignored.file, first_ignored.line)));
  if (const BenignRace* race = race_allowed())
    report.assumed.push_back(fmt::format("that the race which the program declares benign at {} does no harm: it was met, and set aside",
                                         text_of(race->file, race->line)));
}

const hooks::Basis basis{[](const Options&) {
                           any_ignored = false;
                           race_allowed();
                         },
                         &tell};

// ---- regions ----
void begin_region(Shadow::Ignored what, const char* file, int line) {
  Model model;
  if (!model) return;
  if (what == Shadow::Ignored::accesses && !std::exchange(any_ignored, true)) first_ignored = {file, line};
  annotated::begin_ignoring(*model, what);
}

void end_region(Shadow::Ignored what) {
  Model model;
  if (model) annotated::end_ignoring(*model, what);
}

void benign(const char* file, int line, const volatile void* address, std::size_t size) {
  const bool always = mode == Mode::outside;
  const EngineScope engine;
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  allow_races({begin, begin + size, file, line}, always);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_NOTING_DOOR("__tsan_release", "interleave_tsan_release", 1);
INTERLEAVE_NOTING_DOOR("__tsan_acquire", "interleave_tsan_acquire", 1);
INTERLEAVE_NOTING_DOOR("AnnotateHappensBefore", "interleave_happens_before", 3);
INTERLEAVE_NOTING_DOOR("AnnotateHappensAfter", "interleave_happens_after", 3);
INTERLEAVE_BEHIND_DOOR void interleave_tsan_release(void* address) { annotated_release(address); }
INTERLEAVE_BEHIND_DOOR void interleave_tsan_acquire(void* address) { annotated_acquire(address); }
INTERLEAVE_BEHIND_DOOR void interleave_happens_before(const char*, int, void* address) { annotated_release(address); }
INTERLEAVE_BEHIND_DOOR void interleave_happens_after(const char*, int, void* address) { annotated_acquire(address); }

void AnnotateIgnoreReadsBegin(const char* file, int line) { begin_region(Shadow::Ignored::accesses, file, line); }
void AnnotateIgnoreReadsEnd(const char*, int) { end_region(Shadow::Ignored::accesses); }
void AnnotateIgnoreWritesBegin(const char* file, int line) { begin_region(Shadow::Ignored::accesses, file, line); }
void AnnotateIgnoreWritesEnd(const char*, int) { end_region(Shadow::Ignored::accesses); }
void AnnotateIgnoreSyncBegin(const char* file, int line) { begin_region(Shadow::Ignored::order, file, line); }
void AnnotateIgnoreSyncEnd(const char*, int) { end_region(Shadow::Ignored::order); }
// The compilers call these, in functions that are not to be checked while the program runs.
void __tsan_ignore_thread_begin() { begin_region(Shadow::Ignored::accesses, nullptr, 0); }
void __tsan_ignore_thread_end() { end_region(Shadow::Ignored::accesses); }

// ThreadSanitizer sets aside a race that overlaps one byte, whatever the size of the object.
void AnnotateBenignRace(const char* file, int line, const volatile void* address, const char*) { benign(file, line, address, 1); }
void AnnotateBenignRaceSized(const char* file, int line, const volatile void* address, std::size_t size, const char*) {
  benign(file, line, address, size);
}
void WTFAnnotateBenignRaceSized(const char* file, int line, const volatile void* address, std::size_t size, const char*) {
  benign(file, line, address, size);
}

void AnnotateThreadName(const char*, int, const char* name) {
  Model model;
  if (model && model->watched()) model->self().extras().name = name;
}

// The program runs under no other tool.
int RunningOnValgrind() { return 0; }
double ValgrindSlowdown() { return 10.0; }
const char* ThreadSanitizerQuery(const char* question) { return std::strcmp(question, "pure_happens_before") == 0 ? "1" : "0"; }

// These have no effect in ThreadSanitizer, which sees what they tell, and so none here: to let them order, or forget accesses, would
// hide races that it reports.
void AnnotateCondVarWait(const char*, int, const volatile void*, const volatile void*) {}
void AnnotateCondVarSignal(const char*, int, const volatile void*) {}
void AnnotateCondVarSignalAll(const char*, int, const volatile void*) {}
void AnnotateMutexIsNotPHB(const char*, int, const volatile void*) {}
void AnnotateMutexIsUsedAsCondVar(const char*, int, const volatile void*) {}
void AnnotatePCQCreate(const char*, int, const volatile void*) {}
void AnnotatePCQDestroy(const char*, int, const volatile void*) {}
void AnnotatePCQPut(const char*, int, const volatile void*) {}
void AnnotatePCQGet(const char*, int, const volatile void*) {}
void AnnotateNewMemory(const char*, int, const volatile void*, std::size_t) {}
void AnnotatePublishMemoryRange(const char*, int, const volatile void*, std::size_t) {}
void AnnotateUnpublishMemoryRange(const char*, int, const volatile void*, std::size_t) {}
void AnnotateMemoryIsInitialized(const char*, int, const volatile void*, std::size_t) {}
void AnnotateMemoryIsUninitialized(const char*, int, const volatile void*, std::size_t) {}
void AnnotateExpectRace(const char*, int, const volatile void*, const char*) {}
void AnnotateFlushExpectedRaces(const char*, int) {}
void AnnotateTraceMemory(const char*, int, const volatile void*) {}
void AnnotateFlushState(const char*, int) {}
void AnnotateNoOp(const char*, int, const volatile void*) {}
void AnnotateEnableRaceDetection(const char*, int, int) {}
void WTFAnnotateHappensBefore(const char*, int, const volatile void*) {}
void WTFAnnotateHappensAfter(const char*, int, const volatile void*) {}

}  // extern "C"

#pragma GCC visibility pop
