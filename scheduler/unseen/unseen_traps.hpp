// The traps in code that is not instrumented: whole modules whose pages may not be executed, and functions among instrumented ones that begin
// with an instruction that faults (hlt). Only for unseen_*.cpp.
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <ucontext.h>
#include <utility>
#include <vector>

#include "scheduler/modules/unseen_code.hpp"

namespace interleave::engine::unseen {

enum class Ran : std::uint8_t { no, perhaps, yes };

struct Module {
  const UnseenModule* code;
  bool trusted = false;
  Ran ran = Ran::no;
  bool closed = false;
};

struct Function {
  const UnseenFunction* code;
  bool trusted = false;
  Ran ran = Ran::no;
  bool armed = false;
  std::uint8_t first = 0;  // the byte that the trap stands for
};

// Where a traced function returns to.
struct Return {
  std::uint8_t first = 0;
  bool armed = false;
};

struct Traps {
  std::uint64_t generation = 0;
  UnseenCode code;                           // what the rest refers to
  std::vector<Module> modules;
  std::vector<Function> functions;           // by address
  std::set<std::pair<std::string, std::uintptr_t>> trusted_by_file;  // modules and offsets
  std::map<std::string, Ran> gone;           // modules that have been unloaded, by path
  bool under_way = false;
  bool blind = false;                        // traps could not be set: all that is there may have run
  bool traces = false;
  bool settled = false;                      // there is nothing to be set anew for the next execution, unless something is loaded
  std::map<std::uintptr_t, Return> returns;
  std::uint8_t* stepping = nullptr;          // this instruction is executed, then it is armed again
};

[[gnu::visibility("hidden")]] extern Traps& all_traps;
inline Traps& traps() { return all_traps; }

void open(Module& module);
// Does nothing if it is known to have run and its calls are not traced.
void close(Module& module);
// Null: none there.
Module* module_at(std::uintptr_t address);

void arm(Function& function);
void disarm(Function& function);
// Null: none begins there.
Function* function_at(std::uintptr_t address);

void arm_return(std::uintptr_t address);
void disarm_return(std::uintptr_t address);

// The instruction at `place` is executed without its trap, which comes back behind it.
void step_over(std::uint8_t* place, greg_t* registers);
void after_step(greg_t* registers);

// Asks for the source files of functions that have run, and trusts those that are to be trusted by their file: also in later attempts.
void trust_by_file();

void set_traps();
void remove_traps();
// Looks for modules that were loaded or unloaded. One that was loaded during an exploration counts as run: its initialisation did.
void notice_loaded();

}  // namespace interleave::engine::unseen
