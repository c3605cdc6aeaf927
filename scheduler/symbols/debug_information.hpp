// The debug information behind Symbols, for the files of this folder that read it themselves.
#pragma once

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

namespace interleave {

struct FunctionAt {
  Dwarf_Die unit, function;  // the function whose own code it is; calls that are inlined there are below it
  Dwarf_Addr pc = 0;         // the address, as the debug information counts
};

// Where a unit is, whose variables are asked for.
struct UnitAt {
  Dwarf_Die unit;
  Dwarf_Addr bias = 0;       // what is to be added to addresses of the debug information
};

}  // namespace interleave
