#include <interleave/scheduler/symbols.hpp>

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

namespace interleave {
namespace {

// ---- whose code it is -----------------------------------------------------------------------------------------------

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return contains(text, part); });
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return text.starts_with(part); });
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// In a folder of that name; but the tests of the primitives are tests.
bool is_primitive(std::string_view file) {
  return (contains(file, "/primitives/") || file.starts_with("primitives/")) && !contains(file, "tests/");
}

bool is_installed_primitive(std::string_view file) { return contains(file, "/interleave/primitives/"); }

// REQUIRES: not an installed primitive.
bool is_library_file(std::string_view file) {
  return starts_with_any(file, {"/usr/include/", "/usr/lib/", "/usr/lib64/", "/lib/", "/lib64/"}) ||
         contains_any(file, {"/include/c++/", "/lib/gcc/", "/lib/clang/", "/catch2/", "/gtest/"});
}

// Interleave's own headers, through the links that give the tree the installed layout or not.
bool is_api_header(std::string_view file, std::string_view mangled) {
  if (contains_any(file, {"/interleave/scheduler/", "/interleave/checkers/", "/interleave/interleave.hpp"})) return true;
  return contains_any(file, {"scheduler/", "checkers/"}) && file.ends_with(".hpp") && contains(mangled, "10interleave");
}

// Asked of the mangled name, because a demangled one may begin with the type of the result. St, Sa, Ss, ... abbreviate names in
// std; a further Z introduces an entity local to the function that follows.
bool is_in_library_namespace(std::string_view mangled) {
  if (!mangled.starts_with("_Z")) return false;
  mangled.remove_prefix(std::min(mangled.find_first_not_of("_ZNKVrOR"), mangled.size()));
  return starts_with_any(mangled, {"St", "Sa", "Sb", "Ss", "Si", "So", "Sd", "9__gnu_cxx", "10__cxxabiv1", "5boost"});
}

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return text ? text.get() : name;
}

// ---- debug information ----------------------------------------------------------------------------------------------

// Null where the compiler recorded none, which g++ does for functions that the linker does not see.
const char* mangled_name(Dwarf_Die& function) {
  Dwarf_Attribute attribute;
  for (const unsigned wanted : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(&function, wanted, &attribute) != nullptr) return dwarf_formstring(&attribute);
  }
  return nullptr;
}

// The compilation unit that an address is in. clang writes no index of addresses: then all units are asked.
Dwarf_Die* unit_of(Dwfl_Module* module, Dwarf_Addr address, Dwarf_Addr& bias) {
  if (Dwarf_Die* unit = dwfl_module_addrdie(module, address, &bias)) return unit;
  Dwarf_Die* unit = nullptr;
  while ((unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr) {
    if (dwarf_haspc(unit, address - bias) > 0) return unit;
  }
  return nullptr;
}

struct Place {
  std::string file;
  unsigned    line = 0;
};

Place place_of(Dwarf_Die* unit, Dwarf_Addr address) {
  Place place;
  if (Dwarf_Line* line = dwarf_getsrc_die(unit, address)) {
    int number = 0;
    if (const char* file = dwarf_linesrc(line, nullptr, nullptr)) place.file = file;
    if (dwarf_lineno(line, &number) == 0) place.line = static_cast<unsigned>(number);
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
  const bool library = !is_installed_primitive(place.file) &&
                       (library_module || is_library_file(place.file) || is_api_header(place.file, mangled) ||
                        is_in_library_namespace(mangled));
  return {.function = demangled(mangled), .file = std::move(place.file), .line = place.line, .library = library};
}

bool is_function(int tag) { return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine; }

bool may_hold_functions(int tag) {
  return is_function(tag) || tag == DW_TAG_lexical_block || tag == DW_TAG_namespace || tag == DW_TAG_structure_type ||
         tag == DW_TAG_class_type;
}

// Finds the functions around an address, outermost first: the one that was called, then those inlined into it. True if found.
//
// dwarf_getscopes would do, but it looks only into what covers the address itself. That leaves out namespaces (where clang puts
// definitions) and the types and functions that a lambda was written in (where g++ puts its body).
bool find_functions(Dwarf_Die& parent, Dwarf_Addr address, std::vector<Dwarf_Die>& functions) {
  Dwarf_Die child;
  for (int more = dwarf_child(&parent, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    const int tag = dwarf_tag(&child);
    if (!may_hold_functions(tag)) continue;
    if (dwarf_haspc(&child, address) > 0) {
      if (is_function(tag)) functions.push_back(child);
      find_functions(child, address, functions);
      return true;
    }
    if (dwarf_haschildren(&child) > 0 && find_functions(child, address, functions)) return true;
  }
  return false;
}

// The chain of inlined functions at an address, out to the function that was really called. Empty without debug information.
std::vector<Frame> frames_from_debug_information(Dwfl_Module* module, Dwarf_Addr address, bool library_module) {
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = unit_of(module, address, bias);
  if (unit == nullptr) return {};
  std::vector<Dwarf_Die> functions;
  find_functions(*unit, address - bias, functions);

  std::vector<Frame> frames;
  Place place = place_of(unit, address - bias);
  for (auto function = functions.rbegin(); function != functions.rend(); ++function) {
    const char* name = mangled_name(*function);
    if (name == nullptr && dwarf_tag(&*function) == DW_TAG_subprogram) name = dwfl_module_addrname(module, address);
    if (name == nullptr) name = dwarf_diename(&*function);
    frames.push_back(frame(name ? name : "", std::move(place), library_module));
    place = call_of(unit, *function);
  }
  return frames;
}

// ---- modules --------------------------------------------------------------------------------------------------------

const char* path_of(Dwfl_Module* module) {
  const char* path = nullptr;
  const char* name = dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, &path, nullptr);
  return path ? path : name ? name : "";
}

bool is_library_module(std::string_view path) {
  return is_library_file(path) || base_name(path).starts_with("libinterleave.so") || base_name(path).starts_with("[vdso");
}

// Separate debug files are looked for only for the program's own code. For the system's libraries that could mean a download.
int find_debug_information(Dwfl_Module* module, void** data, const char* name, Dwarf_Addr base, const char* file,
                           const char* link, GElf_Word crc, char** found) {
  if (is_library_module(path_of(module))) return -1;
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

Dwarf_Addr number_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

// "interleave::Event::wait(std::optional<...>)" is "Event::wait" to a reader; template arguments go, too.
std::string short_name(std::string_view function) {
  std::string name;
  int depth = 0;
  for (const char c : function) {
    if (c == '<') ++depth;
    if (depth == 0 && c == '(') break;
    if (depth == 0) name += c;
    if (c == '>') --depth;
  }
  const auto space = name.rfind(' ');
  if (space != name.npos) name.erase(0, space + 1);
  constexpr std::string_view ours = "interleave::";
  return name.starts_with(ours) ? name.substr(ours.size()) : name;
}

}  // namespace

std::string place(const Frame& frame) {
  if (!frame.file.empty() && frame.line != 0) return fmt::format("{}:{}", base_name(frame.file), frame.line);
  return frame.function.empty() ? "?" : frame.function;
}

Symbols::Symbols() = default;
Symbols::~Symbols() = default;

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

std::vector<Frame> Symbols::look_up(const void* return_address) {
  // The call is the instruction before the one that it returns to; the latter may belong to the next line or function.
  const auto* call = reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(return_address) - 1);
  if (Dwfl_Module* module = module_of(call)) {
    const bool library = is_library_module(path_of(module));
    auto frames = frames_from_debug_information(module, number_of(call), library);
    if (!frames.empty()) return frames;
    if (const char* name = dwfl_module_addrname(module, number_of(call))) return {frame(name, {}, library)};
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
      if (!is_primitive(frame.file)) return outermost != nullptr ? short_name(outermost->function) : "";
      outermost = &frame;
    }
  }
  return outermost != nullptr ? short_name(outermost->function) : "";
}

std::string Symbols::place(std::span<const void* const> stack) {
  const Frame* primitive = nullptr;
  for (const void* address : stack) {
    for (const Frame& frame : frames(address)) {
      if (frame.library) continue;
      const bool in_primitives = is_primitive(frame.file);
      if (!in_primitives && primitive == nullptr) return interleave::place(frame);
      if (!in_primitives) return fmt::format("{} <- {}", interleave::place(*primitive), interleave::place(frame));
      if (primitive == nullptr) primitive = &frame;
    }
  }
  if (primitive != nullptr) return interleave::place(*primitive);
  return stack.empty() ? "" : interleave::place(frames(stack.front()).front());
}

std::string Symbols::object_name(const void* address) {
  Dwfl_Module* module = module_of(object_base(address));
  if (module == nullptr) return {};
  GElf_Sym symbol;
  GElf_Off offset = 0;
  const char* name = dwfl_module_addrinfo(module, number_of(address), &offset, &symbol, nullptr, nullptr, nullptr);
  if (name == nullptr || GELF_ST_TYPE(symbol.st_info) != STT_OBJECT || offset >= symbol.st_size) return {};
  return offset == 0 ? demangled(name) : fmt::format("{}+{}", demangled(name), offset);
}

}  // namespace interleave
