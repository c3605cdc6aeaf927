#include "scheduler/symbols/symbols.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scheduler/modules/loaded_modules.hpp"
#include "scheduler/modules/code_origin.hpp"
#include "scheduler/symbols/data_layout.hpp"
#include "scheduler/symbols/debug_information.hpp"
#include "scheduler/symbols/stack_text.hpp"

namespace interleave {

namespace {

// The part of the name that the compiler has added, of a clone: ".constprop.0", ".isra.0.cold". A clone's name goes on with a dot and letters.
std::string_view without_clone(std::string_view name) {
  for (std::size_t at = name.find('.', 1); at != name.npos; at = name.find('.', at + 1)) {
    const std::string_view rest = name.substr(at + 1);
    for (const std::string_view added :
         {"constprop", "isra", "part", "cold", "lto_priv", "llvm", "localalias", "clone", "resume", "destroy", "cleanup", "actor"})
      if (rest.starts_with(added)) return name.substr(0, at);
    if (!rest.empty() && rest.find_first_not_of("0123456789") == rest.npos)
      return name.substr(0, at);  // a static of a C function, a part of a variable
  }
  return name;
}

}  // namespace

std::string demangled(const char* name) {
  const std::string own(without_clone(name));
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(own.c_str(), nullptr, nullptr, &status), &std::free);
  return text ? text.get() : own;
}

namespace {

// ---- debug information ----------------------------------------------------------------------------------------------

// Null where the compiler recorded none, which g++ does for functions that the linker does not see.
const char* mangled_name(Dwarf_Die& function) {
  Dwarf_Attribute attribute;
  for (const unsigned wanted : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(&function, wanted, &attribute) != nullptr) return dwarf_formstring(&attribute);
  }
  return nullptr;
}

struct Place {
  std::string file;
  unsigned    line = 0;
  bool        near = false;
};

std::string_view file_of(Dwarf_Line* line) {
  const char* file = dwarf_linesrc(line, nullptr, nullptr);
  return file != nullptr ? file : "";
}

// An optimiser that merges the code of several lines records line 0 for it. The line of the nearest code of the file that has one.
unsigned line_beside(Dwarf_Die* unit, Dwarf_Line* line) {
  constexpr std::size_t far = 16;
  Dwarf_Lines* lines = nullptr;
  std::size_t count = 0, at = 0;
  if (dwarf_getsrclines(unit, &lines, &count) != 0) return 0;
  while (at < count && dwarf_onesrcline(lines, at) != line) ++at;
  const auto number_at = [&](std::size_t i) {
    Dwarf_Line* other = i < count ? dwarf_onesrcline(lines, i) : nullptr;
    int number = 0;
    return other != nullptr && file_of(other) == file_of(line) && dwarf_lineno(other, &number) == 0 ? static_cast<unsigned>(number) : 0;
  };
  for (std::size_t distance = 1; distance <= far; ++distance) {
    if (const unsigned before = at >= distance ? number_at(at - distance) : 0) return before;
    if (const unsigned after = number_at(at + distance)) return after;
  }
  return 0;
}

Place place_of(Dwarf_Die* unit, Dwarf_Addr address) {
  Place place;
  if (Dwarf_Line* line = dwarf_getsrc_die(unit, address)) {
    int number = 0;
    place.file = file_of(line);
    if (dwarf_lineno(line, &number) == 0) place.line = static_cast<unsigned>(number);
    place.near = place.line == 0;
    if (place.near) place.line = line_beside(unit, line);
  }
  return place;
}

std::optional<Dwarf_Word> number(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(&die, name, &attribute), &value) != 0) return std::nullopt;
  return value;
}

// Where an inlined function was called.
Place call_of(Dwarf_Die* unit, Dwarf_Die& inlined) {
  Place place;
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (const auto file = number(inlined, DW_AT_call_file); file && dwarf_getsrcfiles(unit, &files, &count) == 0) {
    if (const char* name = dwarf_filesrc(files, *file, nullptr, nullptr)) place.file = name;
  }
  place.line = static_cast<unsigned>(number(inlined, DW_AT_call_line).value_or(0));
  return place;
}

Frame frame(const char* mangled, Place place, bool library_module) {
  const bool library = is_library(place.file, mangled, library_module);
  const bool installed = !library && is_installed(place.file, library_module);
  return {.function = demangled(mangled),
          .file = std::move(place.file),
          .line = place.line,
          .library = library,
          .near = place.near,
          .installed = installed};
}

bool is_function(int tag) { return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine; }

bool may_hold_functions(int tag) {
  return is_function(tag) || tag == DW_TAG_lexical_block || tag == DW_TAG_namespace || tag == DW_TAG_structure_type ||
         tag == DW_TAG_class_type;
}

// Which of a number of things covers an address. They are listed once, on the first question.
template <class Thing>
class AddressMap {
 public:
  void add(Dwarf_Die& die, const Thing& thing) {
    Dwarf_Addr base = 0, low = 0, high = 0;
    for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &low, &high)) > 0;) ranges_.push_back({low, high, thing});
  }
  void sort() {
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.low < b.low; });
  }
  Thing* find(Dwarf_Addr address) {
    auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                  [](Dwarf_Addr a, const Range& range) { return a < range.low; });
    return after != ranges_.begin() && address < (--after)->high ? &after->thing : nullptr;
  }

 private:
  struct Range {
    Dwarf_Addr low, high;
    Thing thing;
  };
  std::vector<Range> ranges_;
};

// The functions of a compilation unit that were not inlined away. dwarf_getscopes would find them, but it looks only into what
// covers the address itself. That leaves out namespaces (where clang puts definitions) and the types and functions that a
// lambda was written in (where g++ puts its body).
void list_functions(Dwarf_Die& parent, AddressMap<Dwarf_Die>& functions) {
  Dwarf_Die child;
  for (int more = dwarf_child(&parent, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    const int tag = dwarf_tag(&child);
    if (!may_hold_functions(tag) || tag == DW_TAG_inlined_subroutine) continue;
    if (tag == DW_TAG_subprogram) functions.add(child, child);
    if (dwarf_haschildren(&child) > 0) list_functions(child, functions);
  }
}

// The calls inlined around an address into the code of `parent`, outermost first.
void find_inlined(Dwarf_Die& parent, Dwarf_Addr address, std::vector<Dwarf_Die>& functions) {
  Dwarf_Die child;
  for (int more = dwarf_child(&parent, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    const int tag = dwarf_tag(&child);
    if ((tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) || dwarf_haspc(&child, address) <= 0) continue;
    if (is_function(tag)) functions.push_back(child);
    return find_inlined(child, address, functions);
  }
}

}  // namespace

// What was read of the debug information of the modules so far.
struct Symbols::DebugInformation {
  struct Unit {
    Dwarf_Die* die;
    Dwarf_Die content;                               // the same, or what the unit has in a file of its own (-gsplit-dwarf)
    std::optional<AddressMap<Dwarf_Die>> functions;  // once asked for
  };
  struct Module {
    Dwarf_Addr bias = 0;
    std::vector<std::unique_ptr<Unit>> units;
    AddressMap<Unit*> by_address;
  };

  static Dwarf_Die content_of(Dwarf_Die& unit) {
    std::uint8_t type = 0;
    Dwarf_Die split{};
    const bool is_skeleton =
        dwarf_cu_info(unit.cu, nullptr, &type, nullptr, &split, nullptr, nullptr, nullptr) == 0 && type == DW_UT_skeleton;
    return is_skeleton && split.addr != nullptr ? split : unit;
  }

  // clang writes no index of addresses by default, so we make ours.
  Module& module(Dwfl_Module* of) {
    const auto [found, fresh] = modules.try_emplace(of);
    Module& module = found->second;
    if (fresh) {
      for (Dwarf_Die* die = nullptr; (die = dwfl_module_nextcu(of, die, &module.bias)) != nullptr;) {
        module.units.push_back(std::make_unique<Unit>(Unit{.die = die, .content = content_of(*die), .functions = {}}));
        module.by_address.add(*die, module.units.back().get());
      }
      module.by_address.sort();
    }
    return module;
  }

  // The unit that has the code, and its bias.
  Unit* unit_at(Dwfl_Module* of, Dwarf_Addr address, Dwarf_Addr& bias) {
    Module& in = module(of);
    bias = in.bias;
    Unit** unit = in.by_address.find(address - in.bias);
    return unit != nullptr ? *unit : nullptr;
  }

  static Dwarf_Die* function_at(Unit& unit, Dwarf_Addr address) {
    if (!unit.functions) {
      list_functions(unit.content, unit.functions.emplace());
      unit.functions->sort();
    }
    return unit.functions->find(address);
  }

  // The chain of inlined functions at an address, out to the function that was really called. Empty without debug information.
  std::vector<Frame> frames(Dwfl_Module* of, Dwarf_Addr address, bool library_module) {
    Dwarf_Addr bias = 0;
    Unit* unit = unit_at(of, address, bias);
    if (unit == nullptr) return {};
    Dwarf_Die* die = unit->die;
    std::vector<Dwarf_Die> functions;
    if (Dwarf_Die* outermost = function_at(*unit, address - bias)) {
      functions.push_back(*outermost);
      find_inlined(*outermost, address - bias, functions);
    }
    std::vector<Frame> frames;
    Place place = place_of(die, address - bias);
    // clang's -g1 has nothing but lines of a function into which nothing was inlined.
    if (functions.empty() && !place.file.empty()) {
      const char* name = dwfl_module_addrname(of, address);
      return {frame(name ? name : "", std::move(place), library_module)};
    }
    for (auto function = functions.rbegin(); function != functions.rend(); ++function) {
      const char* name = mangled_name(*function);
      if (name == nullptr && dwarf_tag(&*function) == DW_TAG_subprogram) name = dwfl_module_addrname(of, address);
      if (name == nullptr) name = dwarf_diename(&*function);
      frames.push_back(frame(name ? name : "", std::move(place), library_module));
      place = call_of(&unit->content, *function);
    }
    return frames;
  }

  std::unordered_map<Dwfl_Module*, Module> modules;
};

namespace {

// ---- modules --------------------------------------------------------------------------------------------------------

const char* path_of(Dwfl_Module* module) {
  const char* path = nullptr;
  const char* name = dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, &path, nullptr);
  return path ? path : name ? name : "";
}

// Separate debug files are looked for only for the program's own code. For the system's libraries that could mean a download.
int find_debug_information(Dwfl_Module* module, void** data, const char* name, Dwarf_Addr base, const char* file,
                           const char* link, GElf_Word crc, char** found) {
  if (is_library_module(path_of(module))) return -1;
  const engine::LoadsForEngine libraries_to_download_by;
  return dwfl_standard_find_debuginfo(module, data, name, base, file, link, crc, found);
}

const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = find_debug_information,
    .section_address = nullptr,
    .debuginfo_path = nullptr,
};

struct ObjectSearch {
  ElfW(Addr) address;
  ElfW(Addr) base = 0;
};

int object_search(dl_phdr_info* object, std::size_t, void* argument) {
  auto& search = *static_cast<ObjectSearch*>(argument);
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    const ElfW(Addr) start = object->dlpi_addr + segment.p_vaddr;
    if (segment.p_type != PT_LOAD) continue;
    if (search.base == 0) search.base = start;
    if (search.address - start < segment.p_memsz) return 1;
  }
  search.base = 0;
  return 0;
}

// Where the executable or shared library that holds an address begins; null if none does. libdwfl takes a module to end with
// its file, but zero-initialised variables lie behind that.
const void* object_base(const void* address) {
  ObjectSearch search{.address = reinterpret_cast<ElfW(Addr)>(address)};
  dl_iterate_phdr(object_search, &search);
  return reinterpret_cast<const void*>(search.base);
}

// A static variable of a function is called by its own name: "counter" of "f(int)::counter".
std::string variable_name(const std::string& symbol) {
  const std::size_t scope = symbol.rfind("::");
  if (scope == symbol.npos || scope == 0) return symbol;
  std::string_view within(symbol);
  within = within.substr(0, scope);
  const bool in_function = within.ends_with(" const") || (within.ends_with(')') && !within.ends_with("(anonymous namespace)"));
  return in_function ? symbol.substr(scope + 2) : symbol;
}

Dwarf_Addr number_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

}  // namespace

std::string place(const Frame& frame) {
  if (!frame.file.empty() && frame.line != 0) return fmt::format("{}:{}{}", base_name(frame.file), frame.line, frame.near ? "~" : "");
  return frame.function.empty() ? "?" : frame.function;
}

Symbols::Symbols() : debug_information_(std::make_unique<DebugInformation>()), data_(std::make_unique<DataLayout>(*this)) {}
Symbols::~Symbols() = default;

Symbols& Symbols::kept() {
  static Symbols* symbols = nullptr;  // never destroyed: a report may be made when the process ends
  static unsigned long long changes = 0;
  unsigned long long now = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* to) {
        *static_cast<unsigned long long*>(to) = info->dlpi_adds + info->dlpi_subs;
        return 1;
      },
      &now);
  if (symbols == nullptr || changes != now) {
    delete symbols;
    symbols = new Symbols;
    changes = now;
  }
  return *symbols;
}

void Symbols::Close::operator()(Dwfl* session) const { dwfl_end(session); }

Dwfl* Symbols::session() {
  if (std::exchange(opened_, true)) return session_.get();
  session_.reset(dwfl_begin(&callbacks));
  if (session_ && (dwfl_linux_proc_report(session_.get(), getpid()) != 0 ||
                   dwfl_report_end(session_.get(), nullptr, nullptr) != 0)) {
    session_.reset();
  }
  return session_.get();
}

Dwfl_Module* Symbols::module_of(const void* address) {
  return session() ? dwfl_addrmodule(session(), number_of(address)) : nullptr;
}

const std::vector<Frame>& Symbols::frames(const void* return_address) {
  const auto known = known_.find(return_address);
  if (known != known_.end()) return known->second;
  return known_.emplace(return_address, look_up(return_address)).first->second;
}

bool Symbols::unit_at(const void* address, UnitAt& found) {
  Dwfl_Module* module = module_of(address);
  if (module == nullptr) return false;
  DebugInformation::Unit* unit = debug_information_->unit_at(module, number_of(address), found.bias);
  if (unit == nullptr) return false;
  found.unit = unit->content;
  return true;
}

bool Symbols::function_at(const void* address, FunctionAt& found) {
  Dwfl_Module* module = module_of(address);
  Dwarf_Addr bias = 0;
  DebugInformation::Unit* unit = module == nullptr ? nullptr : debug_information_->unit_at(module, number_of(address), bias);
  Dwarf_Die* function = unit == nullptr ? nullptr : DebugInformation::function_at(*unit, number_of(address) - bias);
  if (function == nullptr) return false;
  found = {unit->content, *function, number_of(address) - bias};
  return true;
}

std::vector<Frame> Symbols::look_up(const void* return_address) {
  // The call is the instruction before the one that it returns to; the latter may belong to the next line or function.
  const auto* call = reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(return_address) - 1);
  if (Dwfl_Module* module = module_of(call)) {
    const bool library = is_library_module(path_of(module));
    auto frames = debug_information_->frames(module, number_of(call), library);
    if (!frames.empty()) {
      if (!library) unread_.push_back(call);
      return frames;
    }
    if (const char* name = dwfl_module_addrname(module, number_of(call))) return {frame(name, {}, library)};
    return {Frame{.function = {}, .file = {}, .line = 0, .library = library, .near = false}};
  }
  Dl_info info{};
  if (dladdr(call, &info) != 0 && info.dli_sname != nullptr) {
    return {frame(info.dli_sname, {}, is_library_module(info.dli_fname))};
  }
  return {Frame{}};
}

std::string Symbols::primitive_call(std::span<const void* const> stack) {
  const Frame* outermost = nullptr;
  for (const void* address : stack) {
    for (const Frame& frame : frames(address)) {
      if (frame.library) continue;
      if (!is_primitive(frame.file)) return outermost != nullptr ? reader_name(outermost->function) : "";
      outermost = &frame;
    }
  }
  return outermost != nullptr ? reader_name(outermost->function) : "";
}

std::string Symbols::place(std::span<const void* const> stack) {
  const Frame* inner = nullptr;  // of code whose caller a reader wants as well
  for (const void* address : stack) {
    for (const Frame& frame : frames(address)) {
      const bool unknown = frame.function.empty() && frame.file.empty();  // a stub of the linker's, say
      if (frame.library || unknown) continue;
      const bool wants_caller = frame.installed || is_primitive(frame.file);
      if (!wants_caller && inner == nullptr) return interleave::place(frame);
      if (!wants_caller) return fmt::format("{} <- {}", interleave::place(*inner), interleave::place(frame));
      if (inner == nullptr) inner = &frame;
    }
  }
  if (inner != nullptr) return interleave::place(*inner);
  return stack.empty() ? "" : interleave::place(frames(stack.front()).front());
}

// Of a global or static variable that holds the address; null: there is none.
const char* Symbols::symbol_of(const void* address, std::uintptr_t& offset) {
  Dwfl_Module* module = module_of(object_base(address));
  if (module == nullptr) return nullptr;
  GElf_Sym symbol;
  GElf_Off behind = 0;
  const char* name = dwfl_module_addrinfo(module, number_of(address), &behind, &symbol, nullptr, nullptr, nullptr);
  if (name == nullptr || GELF_ST_TYPE(symbol.st_info) != STT_OBJECT || behind >= symbol.st_size) return nullptr;
  offset = behind;
  return name;
}

std::string Symbols::object_name(const void* address) {
  std::uintptr_t offset = 0;
  const char* name = symbol_of(address, offset);
  if (name == nullptr) return {};
  // An object of the engine's that stands for something is named for that.
  constexpr std::string_view noun = "interleave_noun_";
  if (std::string text = name; text.starts_with(noun)) {
    std::replace(text.begin(), text.end(), '_', ' ');
    return text.substr(noun.size());
  }
  return offset == 0 ? demangled(name) : fmt::format("{}+{}", demangled(name), offset);
}

std::string Symbols::data_name(const void* address, std::size_t size) {
  std::uintptr_t offset = 0;
  const char* name = symbol_of(address, offset);
  if (name == nullptr) return {};
  for (const void* call : std::exchange(unread_, {})) data_->read(call);
  const std::string whole = demangled(name);
  const auto variable = data_->global(address);
  const TypeId type = variable ? variable->type : data_->declared(whole);
  if (type == no_type) {
    const std::string plain = object_name(address);
    return offset == 0 ? variable_name(plain) : plain;
  }
  return variable_name(whole) + data_->part(type, offset, size);
}

}  // namespace interleave
