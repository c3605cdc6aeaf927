#include "scheduler/symbols/local_variable.hpp"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include <optional>

#include "scheduler/symbols/symbols.hpp"

namespace interleave {
namespace {

struct Search {
  const FrameState& frame;
  Dwarf_Addr pc;                       // as the debug information counts
  std::uintptr_t address;
  std::optional<std::uintptr_t> base;  // of the function's frame, to which variables are relative
  LocalVariable found;
};

// The only operation of the location, if it has one where the frame stands.
std::optional<Dwarf_Op> location(Dwarf_Attribute* attribute, Dwarf_Addr pc) {
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (attribute == nullptr || dwarf_getlocation_addr(attribute, pc, &operations, &count, 1) != 1 || count != 1) return std::nullopt;
  return *operations;
}

std::optional<std::uintptr_t> register_value(unsigned number, const FrameState& frame) {
  if (number == 6) return frame.base_pointer;
  if (number == 7) return frame.stack_pointer;
  return std::nullopt;
}

std::optional<std::uintptr_t> frame_base(Dwarf_Die& function, const Search& search) {
  Dwarf_Attribute attribute;
  const auto operation = location(dwarf_attr(&function, DW_AT_frame_base, &attribute), search.pc);
  if (!operation) return std::nullopt;
  if (operation->atom == DW_OP_call_frame_cfa) return search.frame.canonical_address;
  if (operation->atom >= DW_OP_reg0 && operation->atom <= DW_OP_reg31) return register_value(operation->atom - DW_OP_reg0, search.frame);
  return std::nullopt;
}

std::optional<std::uintptr_t> address_of(Dwarf_Die& variable, const Search& search) {
  Dwarf_Attribute attribute;
  const auto operation = location(dwarf_attr(&variable, DW_AT_location, &attribute), search.pc);
  if (!operation) return std::nullopt;
  if (operation->atom == DW_OP_fbreg) {
    if (!search.base) return std::nullopt;
    return *search.base + operation->number;
  }
  if (operation->atom < DW_OP_breg0 || operation->atom > DW_OP_breg31) return std::nullopt;
  const auto value = register_value(operation->atom - DW_OP_breg0, search.frame);
  if (!value) return std::nullopt;
  return *value + operation->number;
}

void look_at(Dwarf_Die& variable, Dwarf_Die& function, Search& search) {
  const auto begin = address_of(variable, search);
  Dwarf_Attribute attribute;
  Dwarf_Die type;
  Dwarf_Word size = 0;
  if (!begin || dwarf_formref_die(dwarf_attr_integrate(&variable, DW_AT_type, &attribute), &type) == nullptr ||
      dwarf_aggregate_size(&type, &size) != 0 || search.address - *begin >= size)
    return;
  const char* name = dwarf_diename(&variable);
  const char* of = nullptr;
  for (const unsigned wanted : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name})
    if (of == nullptr && dwarf_attr_integrate(&function, wanted, &attribute) != nullptr) of = dwarf_formstring(&attribute);
  if (of == nullptr) of = dwarf_diename(&function);
  if (name != nullptr && of != nullptr) search.found = {name, demangled(of), search.address - *begin};
}

// Through what may hold functions, and of functions through what holds the address of the call. Innermost blocks come last, and
// win.
void walk(Dwarf_Die& parent, Dwarf_Die* function, Search& search) {
  Dwarf_Die child;
  for (int more = dwarf_child(&parent, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    switch (dwarf_tag(&child)) {
      case DW_TAG_subprogram:
        if (dwarf_haspc(&child, search.pc) > 0) {
          search.base = frame_base(child, search);
          walk(child, &child, search);
        } else {
          walk(child, nullptr, search);  // g++ puts the body of a lambda where it was written
        }
        break;
      case DW_TAG_inlined_subroutine:
        if (function != nullptr && dwarf_haspc(&child, search.pc) > 0) walk(child, &child, search);
        break;
      case DW_TAG_lexical_block:
        walk(child, function != nullptr && dwarf_haspc(&child, search.pc) > 0 ? function : nullptr, search);
        break;
      case DW_TAG_namespace:
      case DW_TAG_structure_type:
      case DW_TAG_class_type: walk(child, nullptr, search); break;
      case DW_TAG_variable:
      case DW_TAG_formal_parameter:
        if (function != nullptr) look_at(child, *function, search);
        break;
      default: break;
    }
  }
}

}  // namespace

LocalVariable local_variable(Symbols& symbols, const FrameState& frame, std::uintptr_t address) {
  const auto call = reinterpret_cast<std::uintptr_t>(frame.return_address) - 1;
  Dwfl_Module* module = symbols.module_of(reinterpret_cast<const void*>(call));
  Dwarf_Addr bias = 0;
  for (Dwarf_Die* unit = nullptr; module != nullptr && (unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr;) {
    if (dwarf_haspc(unit, call - bias) <= 0) continue;
    Search search{.frame = frame, .pc = call - bias, .address = address, .base = {}, .found = {}};
    walk(*unit, nullptr, search);
    return search.found;
  }
  return {};
}

}  // namespace interleave
