#include "scheduler/unseen/machine_instructions.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/execution/execution.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/modules/each_instruction.hpp"
#include "scheduler/modules/loaded_modules.hpp"
#include "scheduler/modules/module_functions.hpp"
#include "scheduler/modules/patch.hpp"
#include "scheduler/modules/real.hpp"
#include "scheduler/modules/unseen_code.hpp"
#include "scheduler/modules/code_origin.hpp"
#include "scheduler/report/trust.hpp"
#include "scheduler/support/interception_mode.hpp"
#include "scheduler/symbols/symbols.hpp"
#include "scheduler/unseen/cycle_counter.hpp"

namespace interleave::engine {
namespace {

enum class Kind : std::uint8_t { cycle_counter, random_number, processor_number, processor_kind };

struct Instruction {
  Kind kind;
  std::uint8_t length;
  bool wide = false;                     // the result has 64 bits
  bool narrow = false;                   // 16
  bool names_processor = false;          // of the cycle counter: rdtscp
  std::uint8_t to = 0;                   // the register, in the processor's own numbering
  const char* name = nullptr;
  std::string module;                    // its path
  std::uintptr_t base = 0;               // where that is loaded
  std::uint8_t first = 0;
  bool armed = false;
};

// ---- to find them ---------------------------------------------------------------------------------------------------

// What one of them looks like from its second or third byte on, also in the middle of another.
bool looks_like_one(const std::uint8_t* p, const std::uint8_t* end) {
  const std::size_t left = static_cast<std::size_t>(end - p);
  if (left < 2 || p[0] != 0x0f) return false;
  if (p[1] == 0x31 || p[1] == 0xa2) return true;                     // rdtsc, cpuid
  if (left < 3) return false;
  return (p[1] == 0x01 && p[2] == 0xf9) || (p[1] == 0xc7 && p[2] >= 0xf0);  // rdtscp; rdrand, rdseed, rdpid
}

std::optional<Kind> kind_of(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_RDTSC:
    case ZYDIS_MNEMONIC_RDTSCP: return Kind::cycle_counter;
    case ZYDIS_MNEMONIC_RDRAND:
    case ZYDIS_MNEMONIC_RDSEED: return Kind::random_number;
    case ZYDIS_MNEMONIC_RDPID: return Kind::processor_number;
    case ZYDIS_MNEMONIC_CPUID: return Kind::processor_kind;
    default: return std::nullopt;
  }
}

using Instructions = std::map<std::uintptr_t, Instruction>;

// The code of one function, from its begin on: what is within another instruction is none.
void decode(const std::uint8_t* begin, const std::uint8_t* end, const LoadedModule& module, Instructions& found) {
  each_instruction(begin, end, [&](const std::uint8_t* at, const ZydisDecodedInstruction& decoded, const Operands& operands) {
    const auto kind = kind_of(decoded.mnemonic);
    if (!kind) return true;
    Instruction one{.kind = *kind, .length = decoded.length, .name = ZydisMnemonicGetString(decoded.mnemonic), .module = module.path, .base = module.base};
    one.names_processor = decoded.mnemonic == ZYDIS_MNEMONIC_RDTSCP;
    if (*kind == Kind::random_number || *kind == Kind::processor_number) {
      one.wide = operands[0].size == 64;
      one.narrow = operands[0].size == 16;
      one.to = static_cast<std::uint8_t>(ZydisRegisterGetId(operands[0].reg.value));
    }
    found.emplace(reinterpret_cast<std::uintptr_t>(at), one);
    return true;
  });
}

void look_through(const LoadedModule& module, Instructions& found) {
  std::vector<FunctionSymbol> functions;
  bool read = false;
  for (std::size_t i = 0; i < module.segment_count; ++i) {
    const auto& segment = module.segments[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0 || (segment.p_flags & PF_R) == 0) continue;
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(module.base + segment.p_vaddr);
    const auto* const end = begin + segment.p_memsz;
    for (const std::uint8_t* at = begin; at < end; ++at) {
      at = static_cast<const std::uint8_t*>(std::memchr(at, 0x0f, static_cast<std::size_t>(end - at)));
      if (at == nullptr) break;
      if (!looks_like_one(at, end)) continue;
      if (!read) {
        read = true;
        const ModuleFile file(module.path);
        if (file.is(module)) functions = functions_of(module, file);
        std::sort(functions.begin(), functions.end(), [](const FunctionSymbol& a, const FunctionSymbol& b) { return a.begin < b.begin; });
      }
      // The function that it is in, or what lies between functions.
      const auto place = reinterpret_cast<std::uintptr_t>(at);
      const auto next = std::upper_bound(functions.begin(), functions.end(), place, [](std::uintptr_t p, const FunctionSymbol& f) { return p < f.begin; });
      const std::uint8_t* low = begin;
      const std::uint8_t* const high = next == functions.end() ? end : std::min(end, reinterpret_cast<const std::uint8_t*>(next->begin));
      if (next != functions.begin()) {
        const FunctionSymbol& function = *std::prev(next);
        low = reinterpret_cast<const std::uint8_t*>(place - function.begin < function.size || function.size == 0 ? function.begin : function.begin + function.size);
      }
      decode(std::max(low, begin), high, module, found);
      at = high - 1;
    }
  }
}

struct All {
  std::uint64_t generation = 0;
  Instructions instructions;
  bool armed = false;
  std::array<const void*, 4> first{};    // by kind: where modelled code came to one, since the exploration began
  std::array<bool, 4> perhaps{};         // or may have
};

All& all() {
  static auto* const only = new All;
  return *only;
}

// Not of what was armed.
const Instructions& known() {
  All& those = all();
  if (const std::uint64_t now = modules_generation(); now != those.generation) {
    those.generation = now;
    those.instructions.clear();
    for (const LoadedModule& module : loaded_modules())
      if (!module.system) look_through(module, those.instructions);
  }
  return those.instructions;
}

// ---- to do what they do ---------------------------------------------------------------------------------------------

// rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 ...
greg_t& register_of(greg_t* registers, std::uint8_t number) {
  constexpr std::array<int, 16> names = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                         REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  return registers[names[number % names.size()]];
}

std::uint64_t real_random_number(const Instruction& one) {
  std::uint64_t value = 0;
  if (std::strcmp(one.name, "rdseed") == 0) {
    asm volatile("1: rdseed %0\n jnc 1b" : "=r"(value) : : "cc");
  } else {
    asm volatile("1: rdrand %0\n jnc 1b" : "=r"(value) : : "cc");
  }
  return value;
}

void give_random_number(const Instruction& one, greg_t* registers, Execution* run) {
  std::uint64_t value;
  if (run != nullptr) {
    memory->beyond();
    value = run->self().extras().random.next();
  } else {
    value = real_random_number(one);
  }
  greg_t& to = register_of(registers, one.to);
  if (one.narrow) {
    to = static_cast<greg_t>((static_cast<std::uint64_t>(to) & ~std::uint64_t{0xffff}) | (value & 0xffff));
  } else {
    to = static_cast<greg_t>(one.wide ? value : value >> 32);
  }
  constexpr greg_t carry = 1, others = 0x8d4;  // overflow, sign, zero, auxiliary carry, parity
  registers[REG_EFL] = (registers[REG_EFL] & ~others) | carry;
}

void give_processor_number(const Instruction& one, greg_t* registers, Execution* run) {
  unsigned number = 0;
  if (run != nullptr) {
    number = static_cast<unsigned>(std::countr_zero(run->self().extras().attributes.processors));
  } else {
    REAL(getcpu)(&number, nullptr);
  }
  register_of(registers, one.to) = static_cast<greg_t>(number);
}

void give_processor_kind(greg_t* registers, bool modelled) {
  const auto leaf = static_cast<std::uint32_t>(registers[REG_RAX]);
  std::uint32_t a = leaf, b = 0, c = static_cast<std::uint32_t>(registers[REG_RCX]), d = 0;
  asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  if (modelled) {
    if (leaf == 1) b &= 0x00ff'ffff;
    if (leaf == 0xb || leaf == 0x1f) d = 0;
    if (leaf == 0x8000'001e) a = 0;
  }
  registers[REG_RAX] = a;
  registers[REG_RBX] = b;
  registers[REG_RCX] = c;
  registers[REG_RDX] = d;
}

// ---- what is said of it ---------------------------------------------------------------------------------------------

constexpr std::array<const char*, 4> what = {"the processor's cycle counter", "random numbers of the processor's", "the number of the processor", ""};
constexpr std::array<const char*, 4> instead = {"the model's clock", "the model's numbers", "the first that it may be on", ""};

// The innermost that is the program's own: such instructions mostly come from a header of the compiler's.
const Frame& reader(const void* instruction, Symbols& symbols) {
  const auto& frames = symbols.frames(static_cast<const char*>(instruction) + 1);
  const auto own = std::find_if(frames.begin(), frames.end(), [](const Frame& frame) { return !frame.library && !frame.installed; });
  return own != frames.end() ? *own : frames.front();
}

std::string where(const void* instruction, const Instruction* one, Symbols& symbols, std::string& file) {
  const Frame& frame = reader(instruction, symbols);
  file = frame.file;
  if (!frame.file.empty() && frame.line != 0) return frame.function.empty() ? place(frame) : fmt::format("{} in {}", place(frame), frame.function);
  const std::string module(base_name(one != nullptr ? one->module : ""));
  if (!frame.function.empty()) return module.empty() ? frame.function : fmt::format("{} in {}", frame.function, module);
  return module.empty() ? "code without a name" : fmt::format("code without a name in {}", module);
}

void tell(Report& report) {
  All& those = all();
  std::optional<Symbols> symbols;
  for (std::size_t kind = 0; kind < static_cast<std::size_t>(Kind::processor_kind); ++kind) {
    const void* instruction = those.first[kind];
    if (instruction == nullptr && !those.perhaps[kind]) continue;
    const bool ran = instruction != nullptr;
    if (!ran)
      for (const auto& [at, one] : those.instructions)
        if (one.kind == static_cast<Kind>(kind) && instruction == nullptr) instruction = reinterpret_cast<const void*>(at);
    if (instruction == nullptr) continue;
    if (!symbols) symbols.emplace();
    const auto found = those.instructions.find(reinterpret_cast<std::uintptr_t>(instruction));
    const Instruction* const one = found == those.instructions.end() ? nullptr : &found->second;
    std::string file;
    const std::string at = where(instruction, one, *symbols, file);
    const std::string name = one != nullptr ? one->name : "rdtsc";
    const bool trusted = (one != nullptr && trusted_module(one->module)) ||
                         trusted_function(reader(instruction, *symbols).function, file);
    const std::string text = ran ? fmt::format("{} reads {} ({}): it was shown {}, and no other values were explored", at, what[kind], name, instead[kind])
                                 : fmt::format("{} may read {} ({}), which could not be trapped: what depends on it was not explored", at, what[kind], name);
    (trusted ? report.trusted : report.unseen).push_back(text);
  }
}

const hooks::Basis basis{[](const Options&) {
                           all().first = {};
                           all().perhaps = {};
                         },
                         &tell};

}  // namespace

bool any_reads_cycle_counter() {
  const Instructions& instructions = known();
  return std::any_of(instructions.begin(), instructions.end(), [](const auto& each) { return each.second.kind == Kind::cycle_counter; });
}

bool any_machine_instructions() { return !known().empty(); }

void note_cycle_counter(const void* instruction) {
  const void*& first = all().first[static_cast<std::size_t>(Kind::cycle_counter)];
  if (first == nullptr) first = instruction;
}

void arm_machine_instructions(std::uint64_t generation, bool may) {
  All& those = all();
  if (those.armed && generation == those.generation) return;
  if (those.armed) disarm_machine_instructions();
  known();
  trap_cycle_counter();
  those.armed = true;
  for (auto& [at, one] : those.instructions) {
    if (one.kind == Kind::cycle_counter && !cycle_counter_refused()) continue;
    auto* const code = reinterpret_cast<std::uint8_t*>(at);
    one.first = *code;
    one.armed = may && put_code(code, halt);
    if (!one.armed) those.perhaps[static_cast<std::size_t>(one.kind)] = true;
  }
}

void disarm_machine_instructions() {
  All& those = all();
  those.armed = false;
  const bool same = modules_generation() == those.generation;
  for (auto& [at, one] : those.instructions)
    if (std::exchange(one.armed, false) && (same || is_loaded(one.module, one.base))) restore_code(reinterpret_cast<std::uint8_t*>(at), one.first);
}

bool answered_machine_instruction(std::uintptr_t at, greg_t* registers, bool modelled) {
  All& those = all();
  const auto found = those.instructions.find(at);
  if (found == those.instructions.end() || !found->second.armed) return false;
  const Instruction& one = found->second;
  Execution* const run = modelled ? Execution::current : nullptr;
  if (modelled && those.first[static_cast<std::size_t>(one.kind)] == nullptr) those.first[static_cast<std::size_t>(one.kind)] = reinterpret_cast<const void*>(at);
  switch (one.kind) {
    case Kind::cycle_counter: give_cycle_counter(registers, one.names_processor, run); break;
    case Kind::random_number: give_random_number(one, registers, run); break;
    case Kind::processor_number: give_processor_number(one, registers, run); break;
    case Kind::processor_kind: give_processor_kind(registers, modelled); break;
  }
  registers[REG_RIP] += one.length;
  return true;
}

}  // namespace interleave::engine
