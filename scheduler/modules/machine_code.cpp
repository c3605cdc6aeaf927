#include "scheduler/modules/machine_code.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "scheduler/modules/each_instruction.hpp"

namespace interleave::engine {
namespace {

// What a register holds, as far as it matters.
enum class Value : std::uint8_t { other, own, constant };  // own: an address in the thread's frames or its thread-local storage

constexpr std::size_t registers = 16;

// At one place of the function. Only what lies in front of a place is known: a loop's end does not change what was known at its begin.
struct State {
  std::array<Value, registers> of{};
  std::map<std::pair<std::size_t, std::int64_t>, Value> slots;  // of the frame, by register and displacement: what was stored there

  void merge(const State& other) {
    for (std::size_t i = 0; i < registers; ++i) of[i] = std::max(of[i], other.of[i]);
    for (const auto& [slot, value] : other.slots) slots[slot] = std::max(slots[slot], value);
  }
};

constexpr std::size_t rsp = 4, rbp = 5;

// Of the 64 bits that the register is part of.
std::optional<std::size_t> number_of(ZydisRegister name) {
  if (name == ZYDIS_REGISTER_NONE) return std::nullopt;
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
  if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) return std::nullopt;
  return static_cast<std::size_t>(whole - ZYDIS_REGISTER_RAX);
}

bool touches_nothing(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_LEA:
    case ZYDIS_MNEMONIC_NOP:
    case ZYDIS_MNEMONIC_PREFETCHNTA:
    case ZYDIS_MNEMONIC_PREFETCHT0:
    case ZYDIS_MNEMONIC_PREFETCHT1:
    case ZYDIS_MNEMONIC_PREFETCHT2:
    case ZYDIS_MNEMONIC_PREFETCHW:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1: return true;
    default: return false;
  }
}

bool keeps_addresses(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_AND:
    case ZYDIS_MNEMONIC_OR:
    case ZYDIS_MNEMONIC_INC:
    case ZYDIS_MNEMONIC_DEC: return true;
    default: return false;
  }
}

bool is_conditional_move(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_CMOVB: case ZYDIS_MNEMONIC_CMOVBE: case ZYDIS_MNEMONIC_CMOVL: case ZYDIS_MNEMONIC_CMOVLE:
    case ZYDIS_MNEMONIC_CMOVNB: case ZYDIS_MNEMONIC_CMOVNBE: case ZYDIS_MNEMONIC_CMOVNL: case ZYDIS_MNEMONIC_CMOVNLE:
    case ZYDIS_MNEMONIC_CMOVNO: case ZYDIS_MNEMONIC_CMOVNP: case ZYDIS_MNEMONIC_CMOVNS: case ZYDIS_MNEMONIC_CMOVNZ:
    case ZYDIS_MNEMONIC_CMOVO: case ZYDIS_MNEMONIC_CMOVP: case ZYDIS_MNEMONIC_CMOVS: case ZYDIS_MNEMONIC_CMOVZ: return true;
    default: return false;
  }
}

class Reader {
  using Operand = ZydisDecodedOperand;
  using Instruction = ZydisDecodedInstruction;

 public:
  Reader(const std::uint8_t* code, std::size_t size, const ConstantData& constants, bool part)
      : begin_(code), end_(code + size), constants_(constants) {
    state_.of[rsp] = Value::own;
    if (part) state_.of[rbp] = Value::own;
  }

  bool finds_any() {
    bool found = false;
    each_instruction(begin_, end_, [&](const std::uint8_t* place, const Instruction& instruction, const Operands& operands) {
      const auto at = reinterpret_cast<std::uintptr_t>(place);
      if (const auto known = known_.find(at); known != known_.end()) {
        if (reached_) {
          state_.merge(known->second);
        } else {
          state_ = known->second;
        }
        known_.erase(known);
      } else if (!reached_ && calls_) {
        state_ = *calls_;  // a handler of exceptions: it is reached from calls
      }
      reached_ = true;
      const std::uintptr_t next = at + instruction.length;
      found = touches(instruction, operands.data(), next);
      if (!found) follow(instruction, operands.data(), next);
      return !found;
    });
    return found;
  }

 private:
  Value of(ZydisRegister name) const {
    const auto number = number_of(name);
    return number ? state_.of[*number] : Value::other;
  }

  Value of_address(std::uintptr_t address) const { return constants_.contains(address) ? Value::constant : Value::other; }

  // What kind of address the operand is.
  Value address(const Operand& operand, std::uintptr_t next) const {
    const auto& memory = operand.mem;
    if (memory.base == ZYDIS_REGISTER_RIP) return of_address(next + static_cast<std::uintptr_t>(memory.disp.value));
    const Value through = std::max(of(memory.base), of(memory.index));
    constexpr std::int64_t lowest = 0x10000;  // of what a displacement may be the address of, in a program that is loaded low
    if (through != Value::other || !memory.disp.has_displacement || memory.disp.value < lowest) return through;
    return of_address(static_cast<std::uintptr_t>(memory.disp.value));
  }

  bool touches(const Instruction& instruction, const Operand* operands, std::uintptr_t next) const {
    if (touches_nothing(instruction.mnemonic)) return false;
    for (std::size_t i = 0; i < instruction.operand_count; ++i) {
      const Operand& operand = operands[i];
      if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN) continue;
      if (operand.mem.segment == ZYDIS_REGISTER_FS) continue;
      if (address(operand, next) == Value::other) return true;
    }
    return false;
  }

  void set(const Operand& operand, Value value) {
    if (const auto number = number_of(operand.reg.value)) state_.of[*number] = value;
  }

  static std::optional<std::pair<std::size_t, std::int64_t>> slot(const Operand& operand) {
    const auto base = number_of(operand.mem.base);
    if (!base || operand.mem.index != ZYDIS_REGISTER_NONE) return std::nullopt;
    return std::pair{*base, operand.mem.disp.value};
  }

  Value loaded(const Operand& operand, std::uintptr_t next) const {
    if (operand.mem.segment == ZYDIS_REGISTER_FS)
      return operand.mem.base == ZYDIS_REGISTER_NONE && operand.mem.disp.value == 0 ? Value::own : Value::other;
    if (operand.mem.base == ZYDIS_REGISTER_RIP) {
      // An address out of the loader's table.
      const std::uintptr_t from = next + static_cast<std::uintptr_t>(operand.mem.disp.value);
      if (operand.size != 64 || !constants_.contains(from)) return Value::other;
      std::uintptr_t found;
      std::memcpy(&found, reinterpret_cast<const void*>(from), sizeof found);
      return of_address(found);
    }
    if (const auto where = slot(operand)) {
      const auto known = state_.slots.find(*where);
      if (known != state_.slots.end()) return known->second;
    }
    return Value::other;
  }

  Value read(const Operand& operand, std::uintptr_t next) const {
    switch (operand.type) {
      case ZYDIS_OPERAND_TYPE_REGISTER: return of(operand.reg.value);
      case ZYDIS_OPERAND_TYPE_MEMORY: return loaded(operand, next);
      case ZYDIS_OPERAND_TYPE_IMMEDIATE: return of_address(operand.imm.value.u);
      default: return Value::other;
    }
  }

  // Where the flow of control goes, and what registers hold from there on.
  void follow(const Instruction& instruction, const Operand* operands, std::uintptr_t next) {
    const auto category = instruction.meta.category;
    if (category == ZYDIS_CATEGORY_COND_BR || category == ZYDIS_CATEGORY_UNCOND_BR) {
      if (operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        const std::uintptr_t target = next + static_cast<std::uintptr_t>(operands[0].imm.value.s);
        if (target >= next && target < reinterpret_cast<std::uintptr_t>(end_)) {
          const auto [known, first] = known_.try_emplace(target, state_);
          if (!first) known->second.merge(state_);
        }
      }
      // What follows is reached from elsewhere. If that is not known: behind a call, as a handler of exceptions, or else from here.
      if (category == ZYDIS_CATEGORY_UNCOND_BR) reached_ = false;
      return;
    }
    if (category == ZYDIS_CATEGORY_RET) {
      reached_ = false;
      return;
    }
    if (category == ZYDIS_CATEGORY_CALL) {
      for (const std::size_t lost : {0u, 1u, 2u, 6u, 7u, 8u, 9u, 10u, 11u}) state_.of[lost] = Value::other;
      if (calls_) {
        calls_->merge(state_);
      } else {
        calls_ = state_;
      }
      return;
    }
    if (instruction.operand_count_visible == 0) return;
    const Operand& to = operands[0];
    const bool writes = (to.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    if (to.type == ZYDIS_OPERAND_TYPE_MEMORY) {
      if (instruction.mnemonic == ZYDIS_MNEMONIC_MOV)
        if (const auto where = slot(to)) state_.slots[*where] = operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER ? of(operands[1].reg.value) : Value::other;
      return;
    }
    if (to.type != ZYDIS_OPERAND_TYPE_REGISTER || !writes) return;
    if (const auto number = number_of(to.reg.value); !number || *number == rsp) return;
    if (instruction.mnemonic == ZYDIS_MNEMONIC_LEA) {
      set(to, address(operands[1], next));
    } else if (instruction.mnemonic == ZYDIS_MNEMONIC_MOV) {
      set(to, read(operands[1], next));
    } else if (is_conditional_move(instruction.mnemonic)) {
      set(to, std::max(of(to.reg.value), read(operands[1], next)));
    } else if (keeps_addresses(instruction.mnemonic)) {
      if (instruction.operand_count_visible > 1 && operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
        set(to, std::max(of(to.reg.value), read(operands[1], next)));
    } else {
      set(to, Value::other);
    }
  }

  const std::uint8_t *begin_, *end_;
  const ConstantData& constants_;
  State state_;
  bool reached_ = true;                     // the next instruction, from the one before it
  std::optional<State> calls_;              // behind the calls so far
  std::map<std::uintptr_t, State> known_;   // at targets of branches that are still to come
};

}  // namespace

bool touches_shared_memory(const std::uint8_t* code, std::size_t size, const ConstantData& constants, bool part) {
  // clang up to 16 writes for -fsanitize=function, at the begin of a function, a jump over eight bytes of data: a mark, and where the type is.
  constexpr std::uint8_t type_follows[] = {0xeb, 0x06, 'v', '2'};
  constexpr std::size_t  type_size = 8;
  if (size > type_size && std::memcmp(code, type_follows, sizeof type_follows) == 0) return touches_shared_memory(code + type_size, size - type_size, constants, part);
  return Reader(code, size, constants, part).finds_any();
}

namespace {

// Of an instruction that a lock may stand before, behind its other prefixes.
bool may_be_locked(const std::uint8_t* p, const std::uint8_t* end) {
  while (p < end && (*p == 0x66 || *p == 0xf2 || *p == 0xf3 || (*p & 0xf0) == 0x40)) ++p;
  if (p == end) return false;
  if (*p == 0x0f) {
    const std::uint8_t second = p + 1 < end ? p[1] : 0;
    return second == 0xb0 || second == 0xb1 || second == 0xc0 || second == 0xc1 || second == 0xc7 || second == 0xba || second == 0xab || second == 0xb3 || second == 0xbb;
  }
  return *p <= 0x31 || (*p >= 0x80 && *p <= 0x87) || *p == 0xf6 || *p == 0xf7 || *p == 0xfe || *p == 0xff;
}

bool may_have_assembly(const std::uint8_t* p, const std::uint8_t* end) {
  for (; p + 1 < end; ++p) {
    const std::uint8_t next = p[1];
    if (*p == 0xf0 && may_be_locked(p + 1, end)) return true;
    if (*p == 0x0f && next == 0x05) return true;
    if ((*p == 0x86 || *p == 0x87) && next < 0xc0) return true;
  }
  return false;
}

// What stands for a fence: nothing is changed.
bool is_fence(const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand* operands) {
  return instruction.operand_count_visible == 2 && operands[0].mem.base == ZYDIS_REGISTER_RSP && operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
         operands[1].imm.value.u == 0;
}

}  // namespace

std::vector<AssemblyAccess> assembly_in(const std::uint8_t* code, std::size_t size) {
  std::vector<AssemblyAccess> found;
  const std::uint8_t* const end = code + size;
  if (!may_have_assembly(code, end)) return found;
  const auto wanted = [](const ZydisDecodedInstruction& instruction) {
    for (unsigned i = 0; i < instruction.raw.prefix_count; ++i)
      if (instruction.raw.prefixes[i].value == 0xf0) return true;
    const bool exchanges = instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && (instruction.opcode == 0x86 || instruction.opcode == 0x87);
    return exchanges || (instruction.opcode_map == ZYDIS_OPCODE_MAP_0F && instruction.opcode == 0x05);
  };
  each_instruction(code, end, wanted, [&](const std::uint8_t* at, const ZydisDecodedInstruction& instruction, const Operands& operands) {
    const bool locked = (instruction.attributes & (ZYDIS_ATTRIB_HAS_LOCK | ZYDIS_ATTRIB_ACCEPTS_LOCK)) != 0 &&
                        ((instruction.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0 || instruction.mnemonic == ZYDIS_MNEMONIC_XCHG);
    if (instruction.mnemonic == ZYDIS_MNEMONIC_SYSCALL || (locked && !is_fence(instruction, operands.data())))
      found.push_back({at, instruction.length, ZydisMnemonicGetString(instruction.mnemonic)});
    return true;
  });
  return found;
}

}  // namespace interleave::engine
